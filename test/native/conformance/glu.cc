// Gated linear unit rows: the first half of a row, the second half stays.
#include <cmath>
#include <vector>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "schedule/run.h"

namespace sa_test {

void check_glu(Case& c) {
  Random& r = c.random;
  const int64_t rows = r.size(0, 9, 120);
  sa::GluRows p;
  p.columns = r.size(1, 40, 700);
  p.activation = static_cast<sa::Activation>(r.between(0, 4));
  Buffer<float> x(r, rows * 2 * p.columns);
  const float range = r.chance(70) ? 6.0f : 90.0f;
  for (int64_t i = 0; i < x.size(); ++i) x[i] = r.uniform(-range, range);
  std::vector<float> before(x.data(), x.data() + x.size());
  p.x = x.data();
  const bool threaded = r.chance(50);
  c.describe("rows %d, columns %d, activation %d, range %g%s", static_cast<int>(rows),
             static_cast<int>(p.columns), static_cast<int>(p.activation), static_cast<double>(range),
             threaded ? ", threaded" : "");
  int64_t begin = 0, end = rows;
  if (threaded) {
    any_threads(c);
    sa::run_glu(c.kernels, p, rows);
  } else {
    begin = r.between(0, rows);
    end = r.between(begin, rows);
    c.kernels.glu_rows(p, begin, end);
  }
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < 2 * p.columns; ++j) {
      const int64_t at = i * 2 * p.columns + j;
      const float was = before[static_cast<size_t>(at)];
      if (i < begin || i >= end || j >= p.columns) {
        c.same_bits("what stays", at, x[at], was);
        continue;
      }
      const double gate = before[static_cast<size_t>(at + p.columns)], value = activate(p.activation, was);
      const double bound = (activation_bound(p.activation, was, 0) + kU * std::fabs(value)) * std::fabs(gate);
      c.within("glu", at, x[at], value * gate, bound + kU * std::fabs(value * gate) + kTiny);
    }
  }
  c.untouched("written beside x", x);
}

}  // namespace sa_test
