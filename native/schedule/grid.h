// How a matrix product is cut among threads.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sa {

struct Grid {
  int64_t rows = 1, columns = 1;
};

// What a micro-kernel covers of C.
struct Unit {
  int64_t rows, columns;
};

// Cuts [m, n] in at most `threads` parts so that the largest is as small as can be; rows are cut first when
// equal, because rows of A are private to a part while B is shared. Sizes and not units are compared: 18 rows
// in units of 14 would be cut into 14 and 4.
inline Grid choose_grid(const Unit& unit, int64_t m, int64_t n, int64_t threads) {
  const int64_t row_units = (m + unit.rows - 1) / unit.rows;
  const int64_t column_units = (n + unit.columns - 1) / unit.columns;
  Grid best;
  int64_t smallest = m * n;
  for (int64_t columns = 1; columns <= std::min(threads, column_units); ++columns) {
    const int64_t rows = std::min(threads / columns, row_units);
    const int64_t tallest = std::min(m, (row_units + rows - 1) / rows * unit.rows);
    const int64_t widest = std::min(n, (column_units + columns - 1) / columns * unit.columns);
    if (tallest * widest < smallest) {
      smallest = tallest * widest;
      best = {rows, columns};
    }
  }
  return best;
}

}  // namespace sa
