// What operations that work row by row share: all rows through the threads, or some of them through the
// kernel.
#pragma once

#include <vector>

#include "conformance/check.h"

namespace sa_test {

// y [rows, columns] from x, in place where y holds the same numbers already. `all` runs the operation over
// the threads, `some(begin, end)` the kernel on a random range; `compare(row)` is called for each row that
// was written. Nothing else may have been.
template <typename All, typename Some, typename Compare>
void check_rows(Case& c, int64_t rows, int64_t columns, const Buffer<float>& x, Buffer<float>& y,
                bool in_place, bool threaded, const All& all, const Some& some, const Compare& compare) {
  int64_t begin = 0, end = rows;
  if (threaded) {
    any_threads(c);
    all();
  } else {
    begin = c.random.between(0, rows);
    end = c.random.between(begin, rows);
    some(begin, end);
  }
  std::vector<char> written(static_cast<size_t>(y.size()), 0);
  for (int64_t i = 0; i < rows; ++i) {
    const bool in_range = i >= begin && i < end;
    if (in_range) compare(i);
    for (int64_t j = i * columns; j < (i + 1) * columns; ++j) {
      if (!in_range && in_place) c.same_bits("row outside of the range", j, y[j], x[j]);
      written[static_cast<size_t>(j)] = in_range || in_place;
    }
  }
  c.untouched("written beside y", y, written);
}

}  // namespace sa_test
