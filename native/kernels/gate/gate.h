// Gate, element by element: x * sigmoid(g). y may equal x.
// Relative error below 6 * 2^-24, except where sigmoid(g) falls below 2^-126 and becomes 0.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct GateElements {
  int64_t size = 0;
  const float* x = nullptr;
  const float* gate = nullptr;
  float* y = nullptr;
};

}  // namespace sa
