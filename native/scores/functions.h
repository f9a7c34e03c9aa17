// What makes each score function, for the registry.
#pragma once

#include <memory>
#include <new>

#include "scores/score.h"

namespace sa {

std::unique_ptr<Score> new_dot_product_score();
std::unique_ptr<Score> new_random_score();
std::unique_ptr<Score> new_factorized_random_score();
std::unique_ptr<Score> new_dense_score();
std::unique_ptr<Score> new_factorized_dense_score();
std::unique_ptr<Score> new_relative_score();

}  // namespace sa
