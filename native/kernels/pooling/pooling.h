// Pooling of packed sequences and L2 normalisation of rows.
// pool: sequence s holds the rows [offsets[s], offsets[s + 1]) of x; one row of y each. With n rows behind
// the first `skip`: mean sum / n, mean_sqrt_len sum / sqrt(n), weighted mean sum_i (i + 1) x_i / sum_i (i +
// 1) with i from the start of the sequence, max; cls is the first row and the last token the last one,
// whatever `skip`. No rows give zeros. l2_normalize: y = x / max(|x|, epsilon); y may equal x.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

// 3 stands for the rows themselves where a caller offers that too.
enum class Pooling : int32_t { kMean = 0, kCls = 1, kMax = 2, kMeanSqrt = 4, kWeightedMean = 5, kLast = 6 };

struct PoolSequences {
  int64_t columns = 0;
  const float* x = nullptr;          // [offsets[n], columns]
  const int32_t* offsets = nullptr;  // [n + 1], ascending from 0
  Pooling mode = Pooling::kMean;
  int64_t skip = 0;
  float* y = nullptr;  // [n, columns]
};

struct NormalizeRows {
  int64_t columns = 0;
  const float* x = nullptr;
  float* y = nullptr;
  float epsilon = 1e-12f;
};

}  // namespace sa
