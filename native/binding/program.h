// What the loading of a program and its forward pass share.
#pragma once

#include "binding/node_api.h"

#include <memory>

#include "program/program.h"

namespace sa {

// The JavaScript object of a loaded program.
Napi::Value new_program_object(Napi::Env env, std::shared_ptr<const Program>* program);

void export_load_program(Napi::Env env, Napi::Object exports);

}  // namespace sa
