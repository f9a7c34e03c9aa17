// Layer normalisation over the last axis: y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, the
// variance without Bessel's correction. Passes over a row that sits in L1 cost little; mean(x^2) - mean^2 in
// one pass would cancel. A row whose squares exceed float32 is NaN. y may equal x. gamma and beta may be null
// (1 and 0).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct LayerNormRows {
  int64_t rows = 0, columns = 0;
  const float* x = nullptr;  // [rows, columns]
  float* y = nullptr;        // [rows, columns]
  const float* gamma = nullptr;
  const float* beta = nullptr;
  float epsilon = 1e-5f;
};

// Its gradient, with z = (x - mean) / sqrt(variance + epsilon) and g = dy gamma:
// dx = (g - mean(g) - z mean(g z)) / sqrt(variance + epsilon), dgamma = sum of dy z over the rows, dbeta of
// dy. dx may equal x or dy. gamma may be null (1).
struct LayerNormGradientRows {
  int64_t rows = 0, columns = 0;
  const float* x = nullptr;   // [rows, columns]
  const float* dy = nullptr;  // [rows, columns]
  const float* gamma = nullptr;
  float* dx = nullptr;  // [rows, columns]
  float epsilon = 1e-5f;
};

}  // namespace sa
