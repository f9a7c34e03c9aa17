// GELU in both forms, over all sizes of its argument.
#include <cmath>
#include <limits>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

namespace sa_test {

void check_gelu(Case& c) {
  Random& r = c.random;
  sa::GeluElements p;
  p.size = r.size(0, 90, 50000);
  p.tanh_form = r.chance(50);
  const sa::Activation form = p.tanh_form ? sa::Activation::kGeluTanh : sa::Activation::kGelu;
  Buffer<float> x(r, p.size), y(r, p.size);
  const int64_t kind = r.between(0, 2);
  for (int64_t i = 0; i < p.size; ++i) {
    x[i] = kind == 0   ? r.uniform(-8.0f, 8.0f)
           : kind == 1 ? std::ldexp(r.uniform(-1.0f, 1.0f), static_cast<int>(r.between(-140, 127)))
                       : static_cast<float>(r.between(-3, 3));
  }
  const int64_t bad = p.size > 0 && r.chance(10) ? r.between(0, p.size - 1) : -1;
  if (bad >= 0) x[bad] = std::numeric_limits<float>::quiet_NaN();
  const bool in_place = r.chance(30), threaded = r.chance(50);
  if (in_place) {
    for (int64_t i = 0; i < p.size; ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.y = y.data();
  c.describe("size %d, %s form, numbers of kind %d%s%s", static_cast<int>(p.size),
             p.tanh_form ? "tanh" : "erf", static_cast<int>(kind), in_place ? ", in place" : "",
             threaded ? ", threaded" : "");
  check_rows(
      c, p.size, 1, x, y, in_place, threaded, [&] { sa::run_gelu(c.kernels, p); },
      [&](int64_t begin, int64_t end) { c.kernels.gelu_elements(p, begin, end); },
      [&](int64_t i) {
        if (i == bad) {
          c.nan("gelu of NaN", i, y[i]);
        } else {
          c.within("gelu", i, y[i], activate(form, x[i]), activation_bound(form, x[i], 0));
        }
      });
}

}  // namespace sa_test
