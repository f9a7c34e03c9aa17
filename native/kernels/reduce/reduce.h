// Sum, mean, maximum or minimum over the middle axis: x [outer, size, inner] -> out [outer, inner].
//
// A sum errs by less than (64 + 12 + size / 64) 2^-24 times the sum of magnitudes, mostly far less: runs of
// 64 terms are summed apart. NaN gives NaN. Of nothing: 0, NaN, -infinity, infinity.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

enum class ReduceOp { kSum, kMean, kMax, kMin };
inline constexpr int kReduceOps = 4;

struct Reduce {
  ReduceOp op = ReduceOp::kSum;
  int64_t outer = 0, size = 0, inner = 0;
  const float* x = nullptr;
  ptrdiff_t x_outer = 0;  // floats from one [size, inner] to the next
  float* out = nullptr;   // [outer, inner]
};

}  // namespace sa
