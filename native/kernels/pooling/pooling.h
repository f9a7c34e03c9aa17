// Pooling of packed sequences and L2 normalisation of rows.
// pool: sequence s holds the rows [offsets[s], offsets[s + 1]) of x; one row of y each. An empty sequence
// gives zeros. l2_normalize: y = x / max(|x|, epsilon); y may equal x.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

enum class Pooling : int32_t { kMean = 0, kCls = 1, kMax = 2 };

struct PoolSequences {
  int64_t columns = 0;
  const float* x = nullptr;          // [offsets[n], columns]
  const int32_t* offsets = nullptr;  // [n + 1], ascending from 0
  Pooling mode = Pooling::kMean;
  float* y = nullptr;  // [n, columns]
};

struct NormalizeRows {
  int64_t columns = 0;
  const float* x = nullptr;
  float* y = nullptr;
  float epsilon = 1e-12f;
};

}  // namespace sa
