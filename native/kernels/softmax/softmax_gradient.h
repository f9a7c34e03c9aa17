// Gradients of softmax, and the logarithm of softmax with its gradient, by rows. Outputs may equal inputs.
//
// The gradients' sums err as sums of `columns` products do. log_softmax: x - max - log(sum exp(x - max)),
// absolute error below (columns + 8 + |x - max|) 2^-24; a row of -infinity alone gives NaN.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

// dx = scale y (dy - sum_j dy_j y_j)
struct SoftmaxGradientRows {
  int64_t columns = 0;
  const float* y = nullptr;   // [rows, columns], the softmax
  const float* dy = nullptr;  // [rows, columns]
  float* dx = nullptr;        // [rows, columns]
  float scale = 1.0f;
};

struct LogSoftmaxRows {
  int64_t columns = 0;
  const float* x = nullptr;  // [rows, columns]
  float* y = nullptr;        // [rows, columns]
};

// dx = dy - exp(y) sum_j dy_j
struct LogSoftmaxGradientRows {
  int64_t columns = 0;
  const float* y = nullptr;   // [rows, columns], the logarithm of the softmax
  const float* dy = nullptr;  // [rows, columns]
  float* dx = nullptr;        // [rows, columns]
};

}  // namespace sa
