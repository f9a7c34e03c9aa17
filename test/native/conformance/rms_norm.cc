// Root mean square normalisation, rows of zeros and of any magnitude included.
#include <cmath>

#include "conformance/operations.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

void compare_row(Case& c, const sa::RmsNormRows& p, const float* x, int64_t r) {
  const double n = static_cast<double>(p.columns);
  double squares = 0;
  for (int64_t j = 0; j < p.columns; ++j) squares += static_cast<double>(x[j]) * x[j] / n;
  const double scale = 1 / std::sqrt(squares + p.epsilon);
  // The sum of squares and the mean round n + 2 times, of which the root keeps half; root, reciprocal and the
  // two products round once each.
  const double relative = 1.01 * ((n + 3) / 2 + 5) * kU;
  for (int64_t j = 0; j < p.columns; ++j) {
    const double gamma = p.gamma == nullptr ? 1 : p.gamma[j], value = x[j] * scale * gamma;
    c.within("y", r * p.columns + j, p.y[r * p.columns + j], value, relative * std::fabs(value) + kTiny);
  }
}

}  // namespace

// Squares that overflow: no row may look like a result.
static void check_overflow(Case& c) {
  Random& r = c.random;
  const int64_t columns = r.size(1, 50, 200);
  Buffer<float> x(r, columns), y(r, columns);
  for (int64_t i = 0; i < columns; ++i)
    x[i] = (i % 2 == 0 ? 1.0f : -1.0f) * std::ldexp(r.uniform(1.0f, 2.0f), 80);
  c.kernels.rms_norm_rows({columns, x.data(), y.data(), nullptr, 1e-6f}, 0, 1);
  for (int64_t i = 0; i < columns; ++i) c.that("a row whose squares overflow is NaN", y[i] != y[i]);
  if (columns == 1) return;
  c.kernels.layer_norm_rows({1, columns, x.data(), y.data(), nullptr, nullptr, 1e-6f}, 0, 1);
  for (int64_t i = 0; i < columns; ++i) c.that("a row whose squares overflow is NaN", y[i] != y[i]);
}

void check_rms_norm(Case& c) {
  check_overflow(c);
  Random& r = c.random;
  sa::RmsNormRows p;
  const int64_t rows = r.size(0, 9, 70);
  p.columns = r.size(1, 50, 1100);
  const float spread = std::ldexp(1.0f, static_cast<int>(r.between(-10, 10)));
  Buffer<float> x(r, rows * p.columns), y(r, x.size()), gamma(r, p.columns);
  const bool zeros = r.chance(10);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = zeros ? 0.0f : spread * r.uniform(-1.0f, 1.0f);
  fill(c, gamma, any_numbers(r));
  p.epsilon = 1e-6f * spread * spread;
  if (r.chance(60)) p.gamma = gamma.data();
  const bool in_place = r.chance(30), threaded = r.chance(50);
  if (in_place) {
    for (int64_t i = 0; i < x.size(); ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.y = y.data();
  c.describe("rows %d, columns %d, spread %g%s%s%s", static_cast<int>(rows), static_cast<int>(p.columns),
             static_cast<double>(spread), p.gamma != nullptr ? ", gamma" : "", in_place ? ", in place" : "",
             threaded ? ", threaded" : "");
  check_rows(
      c, rows, p.columns, x, y, in_place, threaded, [&] { sa::run_rms_norm(c.kernels, p, rows); },
      [&](int64_t begin, int64_t end) { c.kernels.rms_norm_rows(p, begin, end); },
      [&](int64_t i) { compare_row(c, p, x.data() + i * p.columns, i); });
}

}  // namespace sa_test
