// What makes each operation, for the registry.
#pragma once

#include <memory>
#include <new>

#include "program/operation.h"

namespace sa {

std::unique_ptr<Operation> new_embed_operation();
std::unique_ptr<Operation> new_linear_operation();
std::unique_ptr<Operation> new_head_linear_operation();
std::unique_ptr<Operation> new_norm_operation();
std::unique_ptr<Operation> new_rotary_operation();
std::unique_ptr<Operation> new_glu_operation();
std::unique_ptr<Operation> new_attention_operation();

}  // namespace sa
