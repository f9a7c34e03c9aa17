// Root mean square normalisation over the last axis (Zhang and Sennrich, arXiv 1910.07467):
// y = x / sqrt(mean(x^2) + epsilon) * gamma. A row whose squares exceed float32 is NaN. y may equal x. gamma
// may be null (1).
#pragma once

#include <cstdint>

namespace sa {

struct RmsNormRows {
  int64_t columns = 0;
  const float* x = nullptr;  // [rows, columns]
  float* y = nullptr;        // [rows, columns]
  const float* gamma = nullptr;
  float epsilon = 1e-6f;
};

}  // namespace sa
