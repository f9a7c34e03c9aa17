// Random layouts of matrices in memory.
#pragma once

#include "conformance/check.h"

namespace sa_test {

struct Layout {
  ptrdiff_t row_stride = 0, col_stride = 1;
  int64_t span = 0;  // from the first element to behind the last one

  int64_t at(int64_t i, int64_t j) const { return i * row_stride + j * col_stride; }
  sa::MatrixView view(const float* data) const { return {data, row_stride, col_stride}; }
};

inline Layout row_major(int64_t rows, int64_t columns, int64_t row_stride) {
  return {row_stride, 1, rows == 0 || columns == 0 ? 0 : (rows - 1) * row_stride + columns};
}

// Row-major, transposed or neither, dense or with gaps.
inline Layout any_layout(Random& random, int64_t rows, int64_t columns) {
  const int64_t gap = random.chance(50) ? 0 : random.between(1, 5);
  Layout layout = row_major(rows, columns, columns + gap);
  const int64_t form = random.between(0, 9);
  if (form < 4) {
    layout.row_stride = 1;
    layout.col_stride = rows + gap;
  } else if (form == 4) {
    layout.col_stride = 2;
    layout.row_stride = 2 * columns + gap;
  }
  if (layout.span > 0) layout.span = layout.at(rows - 1, columns - 1) + 1;
  return layout;
}

// Numbers at the elements of `count` matrices; the gaps between them stay NaN.
inline void fill_layout(Case& c, Buffer<float>& buffer, const Layout& layout, int64_t rows, int64_t columns,
                        int64_t count, ptrdiff_t matrix_stride) {
  const Numbers kind = any_numbers(c.random);
  for (int64_t b = 0; b < count; ++b) {
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        buffer[b * matrix_stride + layout.at(i, j)] = number(c.random, kind);
      }
    }
  }
}

// Size of a buffer for `count` matrices that ends with the last element of the last one.
inline int64_t stacked(const Layout& layout, int64_t count, ptrdiff_t matrix_stride) {
  return layout.span == 0 || count == 0 ? 0 : (count - 1) * matrix_stride + layout.span;
}

}  // namespace sa_test
