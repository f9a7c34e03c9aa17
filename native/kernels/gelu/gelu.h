// GELU, element by element: x * Phi(x) (erf form), or its tanh approximation. y may equal x.
// Absolute error below 1e-6 * max(1, |x|) against the exact value of the respective form.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct GeluElements {
  int64_t size = 0;
  const float* x = nullptr;
  float* y = nullptr;
  bool tanh_form = false;
};

}  // namespace sa
