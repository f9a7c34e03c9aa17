// softmax over rows: masks, the causal rule, scales of both signs, rows without anything to attend to.
#include <cmath>
#include <limits>

#include "conformance/operations.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool allowed(const sa::SoftmaxRows& p, int64_t r, int64_t j) {
  if (p.causal && j > r % p.causal_rows) return false;
  return p.mask == nullptr || p.mask[(r % p.mask_rows) * p.columns + j] != 0;
}

// Row r of what the kernel gave, against softmax(scale x) in float64. `x` holds the row before the call.
void compare_row(Case& c, const sa::SoftmaxRows& p, const float* x, int64_t r) {
  const int64_t n = p.columns;
  const double scale = p.scale;
  double max = -kInfinity;
  for (int64_t j = 0; j < n; ++j) {
    if (allowed(p, r, j) && x[j] * scale > max) max = x[j] * scale;
  }
  double sum = 0, sum_error = 0;
  // An argument is rounded twice, the exponential errs by 2 ULP (4 u); a term may be flushed to 0.
  const auto argument_error = [&](double argument) { return (2 * std::fabs(argument) + 4) * kU; };
  for (int64_t j = 0; j < n; ++j) {
    if (!allowed(p, r, j) || max == -kInfinity) continue;
    const double argument = x[j] * scale - max, e = std::exp(argument);
    sum += e;
    if (e > 0) sum_error += e * argument_error(argument) + kTiny;
  }
  for (int64_t j = 0; j < n; ++j) {
    const int64_t at = r * n + j;
    if (!allowed(p, r, j) || max == -kInfinity || (x[j] * scale == -kInfinity)) {
      c.equal("weight of a masked position", at, p.y[at], 0);
      continue;
    }
    const double argument = x[j] * scale - max, value = std::exp(argument) / sum;
    // The sum adds a rounding an element; the reciprocal and the product one each.
    const double relative =
        (value > 0 ? argument_error(argument) : 0) + sum_error / sum + static_cast<double>(n + 3) * kU;
    c.within("y", at, p.y[at], value, value * std::expm1(relative) + 2 * kTiny);
  }
}

// Runs rows [begin, end) through the kernel, or all of them through the threads, and compares them.
void run(Case& c, sa::SoftmaxRows p, const Buffer<float>& x, bool in_place, bool threaded) {
  Buffer<float> y(c.random, x.size());
  if (in_place) {
    for (int64_t i = 0; i < x.size(); ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.y = y.data();
  check_rows(
      c, p.rows, p.columns, x, y, in_place, threaded, [&] { sa::run_softmax(c.kernels, p); },
      [&](int64_t begin, int64_t end) { c.kernels.softmax_rows(p, begin, end); },
      [&](int64_t i) { compare_row(c, p, x.data() + i * p.columns, i); });
}

}  // namespace

void check_softmax(Case& c) {
  Random& r = c.random;
  sa::SoftmaxRows p;
  p.rows = r.size(0, 9, 40);
  p.columns = r.size(0, 50, 3000);
  static constexpr float kScales[] = {1.0f, 0.125f, -0.5f, 0.0f, 3.0f, 1e30f};
  p.scale = kScales[r.between(0, 5)];
  static constexpr float kRanges[] = {1e-3f, 1.0f, 10.0f, 100.0f, 1e4f, 3.4e38f};
  const float range = kRanges[r.between(0, std::fabs(p.scale) >= 0.1f ? 5 : 4)];
  Buffer<float> x(r, p.rows * p.columns);
  const int infinite = p.scale > 0 && r.chance(20) ? 20 : 0;
  for (int64_t i = 0; i < x.size(); ++i) {
    x[i] = r.chance(infinite) ? -static_cast<float>(kInfinity) : r.uniform(-1.0f, 1.0f) * range;
  }
  p.mask_rows = r.between(1, 5);
  Buffer<uint8_t> mask(r, p.mask_rows * p.columns);
  const int masked = static_cast<int>(r.between(0, 100));
  for (int64_t i = 0; i < mask.size(); ++i) {
    mask[i] = r.chance(masked) ? 0 : static_cast<uint8_t>(r.between(1, 255));
  }
  if (r.chance(50)) p.mask = mask.data();
  p.causal = r.chance(30);
  p.causal_rows = r.between(1, 12);
  const bool in_place = r.chance(30), threaded = r.chance(50);
  c.describe("rows %d, columns %d, scale %g, range %g%s%s%s%s", static_cast<int>(p.rows),
             static_cast<int>(p.columns), static_cast<double>(p.scale), static_cast<double>(range),
             p.mask != nullptr ? ", masked" : "", p.causal ? ", causal" : "", in_place ? ", in place" : "",
             threaded ? ", threaded" : "");
  run(c, p, x, in_place, threaded);
}

// One row of every length around the vector widths: each kind of emptiness, and NaN.
void check_softmax_edges(Case& c) {
  const float none = -static_cast<float>(kInfinity), nan = std::numeric_limits<float>::quiet_NaN();
  for (int64_t n = 1; n <= 67; ++n) {
    c.describe("one row of %d columns", static_cast<int>(n));
    Buffer<float> x(c.random, n), y(c.random, n);
    Buffer<uint8_t> mask(c.random, n);
    sa::SoftmaxRows p;
    p.rows = p.mask_rows = p.causal_rows = 1;
    p.columns = n;

    for (int64_t j = 0; j < n; ++j) x[j] = none;
    run(c, p, x, false, false);
    for (int64_t j = 0; j < n; ++j) mask[j] = 0, x[j] = 1;
    p.mask = mask.data();
    run(c, p, x, true, false);

    // NaN at a masked position is not seen; at another one it makes the unmasked part NaN and no more.
    const int64_t hole = c.random.between(0, n - 1), bad = c.random.between(0, n - 1);
    for (int64_t j = 0; j < n; ++j) mask[j] = 1;
    mask[hole] = 0;
    x[bad] = nan;
    p.x = x.data();
    p.y = y.data();
    c.kernels.softmax_rows(p, 0, 1);
    for (int64_t j = 0; j < n; ++j) {
      if (j == hole) {
        c.equal("weight of a masked position beside NaN", j, y[j], 0);
      } else if (bad == hole) {
        c.within("weight beside a masked NaN", j, y[j], 1.0 / static_cast<double>(n - 1),
                 static_cast<double>(n + 8) * kU / static_cast<double>(n - 1));
      } else {
        c.nan("weight beside NaN", j, y[j]);
      }
    }
    p.mask = nullptr;
    for (int64_t j = 0; j < n; ++j) x[j] = nan;
    c.kernels.softmax_rows(p, 0, 1);
    for (int64_t j = 0; j < n; ++j) c.nan("weight of a row of NaN", j, y[j]);
    c.untouched("written beside y", y);
  }
}

}  // namespace sa_test
