// Axes in another order, elements of 4 bytes moved as they are: a matrix turned over, repeated along outer
// axes. out shares no memory with x.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

inline constexpr int kTransposeAxes = 6;

// What is asked for: axis d of out is axis permutation[d] of x. Both contiguous.
struct AxisOrder {
  int axes = 0;
  int64_t shape[kTransposeAxes] = {};  // of x
  int permutation[kTransposeAxes] = {};
  const float* x = nullptr;
  float* out = nullptr;
};

inline constexpr int kTransposeOuter = kTransposeAxes - 2;
// Rows of out that a unit of work covers.
inline constexpr int64_t kTransposeRows = 64;

// out[.., c, r] = x[.., r, c] with x by rows [rows, columns] `x_row` apart, out by rows [columns, rows]
// `out_row` apart, for every index of the outer axes.
struct Transpose {
  const float* x = nullptr;
  float* out = nullptr;
  int64_t outer[kTransposeOuter] = {1, 1, 1, 1};
  ptrdiff_t x_outer[kTransposeOuter] = {0, 0, 0, 0}, out_outer[kTransposeOuter] = {0, 0, 0, 0};
  int64_t rows = 0, columns = 0;
  ptrdiff_t x_row = 0, out_row = 0;
  // The last axis stays: rows of `columns` elements are copied as they are, from `x_row` apart to `out_row`.
  bool copies = false;

  int64_t blocks() const {
    const int64_t count = copies ? rows : columns;
    return (count + kTransposeRows - 1) / kTransposeRows;
  }
  int64_t units() const { return outer[0] * outer[1] * outer[2] * outer[3] * blocks(); }
};

}  // namespace sa
