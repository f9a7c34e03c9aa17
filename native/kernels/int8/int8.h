// int8 matmul: C = epilogue(A B) with A quantised row by row as it comes and B column by column beforehand.
//
//     a = scale_i (q - zero_i), q in [0, 255], from the least and the largest element of row i and 0
//     b = scale_j w, w in [-127, 127], from the largest magnitude of column j (an output channel)
//     c = scale_i scale_j (sum_k q w - zero_i sum_k w) + bias, then activation and residual as in matmul
//
// Where the CPU sums two products in 16 bits, |w| of the two neighbours (rows 2 i and 2 i + 1 of B) stay
// within 128 together: 255 x 128 just fits, so that no intermediate can saturate on any tier. The largest sum
// of two neighbours then sets the scale, which for weights of a bell curve costs a tenth of the precision,
// not half. The sums are exact integers. Error: half a step an element on both sides. For uniform operands a
// row of C is off by 0.6 % of its norm, with pairs by 0.9 %. A row of A or a column of B that holds NaN or
// infinity, and a row whose span exceeds float32, makes its row or column of C NaN. Rows with a span, and
// columns with a step, below 1e-30 count as zero.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/int8/quantize_row.h"
#include "kernels/matmul/matmul.h"

namespace sa {

// The longest sum that stays in 32 bits: 2^31 / (255 x 127) = 66,311, rounded down.
inline constexpr int64_t kInt8LargestK = 65536;

// B [k, n] quantised: panels of columns, the tail columns zero.
struct Int8Panels {
  int8_t* data = nullptr;   // int8_packed_size(k, n) bytes
  int32_t* sums = nullptr;  // [n rounded up to the panel width]: sum_k w
  float* scales = nullptr;  // likewise: scale_j
};

// A [rows, k] quantised: row i stands at data + i * stride, its bytes behind k up to the stride are zero.
struct Int8Rows {
  int64_t k = 0;
  const float* x = nullptr;
  ptrdiff_t x_stride = 0;
  uint8_t* data = nullptr;
  ptrdiff_t stride = 0;  // int8_row_stride(k)
  float* scales = nullptr;
  int32_t* zeros = nullptr;
};

struct Int8Block {
  int64_t m = 0, n = 0, k = 0;
  Int8Rows a;
  Int8Panels b;
  float* c = nullptr;
  ptrdiff_t c_stride = 0;
  Epilogue epilogue;  // its row_scale is not used
};

// The kernels take this many steps of k at once; what k lacks to a multiple is zero.
inline constexpr int64_t kInt8Group = 4;

// Bytes of a packed column of B.
inline int64_t int8_column_bytes(int64_t k) { return (k + kInt8Group - 1) / kInt8Group * kInt8Group; }

// Bytes from row to row: whole cache lines, an odd number of them, so that rows do not fall into the same few
// cache sets.
inline int64_t int8_row_stride(int64_t k) {
  const int64_t lines = (k + 63) / 64;
  return (lines | 1) * 64;
}

}  // namespace sa
