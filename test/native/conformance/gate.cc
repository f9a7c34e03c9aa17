// The gate x * sigmoid(g), over all sizes of g.
#include <cmath>
#include <limits>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

namespace sa_test {

void check_gate(Case& c) {
  Random& r = c.random;
  sa::GateElements p;
  p.size = r.size(0, 90, 50000);
  Buffer<float> x(r, p.size), gate(r, p.size), y(r, p.size);
  const float range = r.chance(70) ? 8.0f : 120.0f;
  for (int64_t i = 0; i < p.size; ++i) {
    x[i] = r.uniform(-3.0f, 3.0f);
    gate[i] = r.chance(5) ? 0.0f : r.uniform(-range, range);
  }
  const int64_t bad = p.size > 0 && r.chance(10) ? r.between(0, p.size - 1) : -1;
  if (bad >= 0) gate[bad] = std::numeric_limits<float>::quiet_NaN();
  const bool in_place = r.chance(30), threaded = r.chance(50);
  if (in_place) {
    for (int64_t i = 0; i < p.size; ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.gate = gate.data();
  p.y = y.data();
  c.describe("size %d, range %g%s%s", static_cast<int>(p.size), static_cast<double>(range),
             in_place ? ", in place" : "", threaded ? ", threaded" : "");
  check_rows(
      c, p.size, 1, x, y, in_place, threaded, [&] { sa::run_gate(c.kernels, p); },
      [&](int64_t begin, int64_t end) { c.kernels.gate_elements(p, begin, end); },
      [&](int64_t i) {
        if (i == bad) {
          c.nan("gate of NaN", i, y[i]);
          return;
        }
        const double value = static_cast<double>(x[i]) / (1 + std::exp(-static_cast<double>(gate[i])));
        // Where the exponential is flushed to 0, so is the product.
        c.within("gate", i, y[i], value, 6 * kU * std::fabs(value) + 3 * kTiny);
      });
}

}  // namespace sa_test
