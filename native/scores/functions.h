// What makes each score function, for the registry.
#pragma once

#include <memory>
#include <new>

#include "scores/score.h"

namespace sa {

std::unique_ptr<Score> new_dot_score();
std::unique_ptr<Score> new_random_score();
std::unique_ptr<Score> new_factorized_score();
std::unique_ptr<Score> new_dense_score();
std::unique_ptr<Score> new_outer_score();
std::unique_ptr<Score> new_relative_score();

}  // namespace sa
