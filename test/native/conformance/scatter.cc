// Rows added to rows: in order, so that the sum of float32 numbers is known to the last bit.
#include <vector>

#include "conformance/operations.h"
#include "schedule/run.h"

namespace sa_test {

void check_scatter(Case& c) {
  Random& r = c.random;
  sa::ScatterRows p;
  p.rows = r.size(0, 20, 300);
  p.columns = r.size(0, 70, 500);
  p.out_rows = r.between(0, 9);
  Buffer<float> x(r, p.rows * p.columns), out(r, p.out_rows * p.columns);
  Buffer<int32_t> indices(r, p.rows);
  fill(c, x, any_numbers(r));
  fill(c, out, any_numbers(r));
  for (int64_t i = 0; i < p.rows; ++i) {
    const int64_t row = r.between(-1, p.out_rows);
    indices[i] = static_cast<int32_t>(r.chance(2) ? (row < 0 ? INT32_MIN : INT32_MAX) : row);
  }
  p.x = x.data();
  p.indices = indices.data();
  p.out = out.data();
  const bool threaded = r.chance(50);
  c.describe("rows %d, columns %d, out rows %d%s", static_cast<int>(p.rows), static_cast<int>(p.columns),
             static_cast<int>(p.out_rows), threaded ? ", threaded" : "");
  std::vector<float> expected(out.data(), out.data() + out.size());
  int64_t begin = 0, end = p.columns;
  if (threaded) {
    any_threads(c);
  } else {
    begin = r.between(0, p.columns);
    end = r.between(begin, p.columns);
  }
  for (int64_t i = 0; i < p.rows; ++i) {
    if (indices[i] < 0 || indices[i] >= p.out_rows) continue;
    for (int64_t j = begin; j < end; ++j) {
      float& sum = expected[static_cast<size_t>(indices[i] * p.columns + j)];
      sum += x[i * p.columns + j];
    }
  }
  if (threaded) {
    sa::run_scatter_add(c.kernels, p);
  } else {
    c.kernels.scatter_add_columns(p, begin, end);
  }
  for (int64_t i = 0; i < out.size(); ++i) c.same_bits("out", i, out[i], expected[static_cast<size_t>(i)]);
  c.untouched("written beside out", out);
}

}  // namespace sa_test
