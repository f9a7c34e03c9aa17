// Pooling of packed sequences, and L2 normalisation of rows of any magnitude.
#include <algorithm>
#include <cmath>
#include <vector>

#include "conformance/operations.h"
#include "conformance/row_range.h"
#include "conformance/reference.h"
#include "schedule/run.h"

namespace sa_test {

void check_pool(Case& c) {
  Random& r = c.random;
  const int64_t sequences = r.size(0, 5, 40);
  Buffer<int32_t> offsets(r, sequences + 1);
  offsets[0] = 0;
  for (int64_t s = 0; s < sequences; ++s) {
    offsets[s + 1] = offsets[s] + static_cast<int32_t>(r.chance(10) ? 0 : r.size(1, 8, 60));
  }
  sa::PoolSequences p;
  p.columns = r.size(1, 50, 800);
  static constexpr sa::Pooling kModes[] = {sa::Pooling::kMean,         sa::Pooling::kCls,
                                           sa::Pooling::kMax,          sa::Pooling::kMeanSqrt,
                                           sa::Pooling::kWeightedMean, sa::Pooling::kLast};
  p.mode = kModes[r.between(0, 5)];
  p.skip = r.chance(60) ? 0 : r.between(1, 6);
  p.offsets = offsets.data();
  Buffer<float> x(r, offsets[sequences] * p.columns), y(r, sequences * p.columns);
  fill(c, x, any_numbers(r));
  p.x = x.data();
  p.y = y.data();
  const auto x_at = [&](int64_t i, int64_t j) { return static_cast<double>(x[i * p.columns + j]); };
  const bool weighted = p.mode == sa::Pooling::kWeightedMean;
  const bool threaded = r.chance(50);
  c.describe("sequences %d, rows %d, columns %d, mode %d, skip %d%s", static_cast<int>(sequences),
             static_cast<int>(offsets[sequences]), static_cast<int>(p.columns), static_cast<int>(p.mode),
             static_cast<int>(p.skip), threaded ? ", threaded" : "");
  int64_t begin = 0, end = sequences;
  if (threaded) {
    any_threads(c);
    sa::run_pool(c.kernels, p, sequences);
  } else {
    begin = r.between(0, sequences);
    end = r.between(begin, sequences);
    c.kernels.pool_sequences(p, begin, end);
  }
  std::vector<char> written(static_cast<size_t>(y.size()), 0);
  const bool one = p.mode == sa::Pooling::kCls || p.mode == sa::Pooling::kLast;
  for (int64_t s = begin; s < end; ++s) {
    const int64_t last = offsets[s + 1], first = std::min<int64_t>(last, offsets[s] + (one ? 0 : p.skip));
    const double n = static_cast<double>(last - first);
    for (int64_t j = 0; j < p.columns; ++j) {
      const int64_t at = s * p.columns + j;
      Sum sum;
      double largest = -INFINITY, weights = 0;
      for (int64_t i = first; i < last; ++i) {
        const double x = x_at(i, j), weight = weighted ? static_cast<double>(i - offsets[s] + 1) : 1;
        sum.add(weight * x);
        weights += weight;
        largest = std::max(largest, x);
      }
      written[static_cast<size_t>(at)] = 1;
      if (first == last) {
        c.equal("nothing to pool", at, y[at], 0);
      } else if (one) {
        c.equal("one row", at, y[at], x_at(p.mode == sa::Pooling::kCls ? first : last - 1, j));
      } else if (p.mode == sa::Pooling::kMax) {
        c.equal("max", at, y[at], largest);
      } else {
        const double divisor = p.mode == sa::Pooling::kMeanSqrt ? std::sqrt(n) : weights;
        c.within("average", at, y[at], sum.value / divisor, (n + 5) * kU * sum.magnitude / divisor + kTiny);
      }
    }
  }
  c.untouched("written beside y", y, written);
}

void check_l2_normalize(Case& c) {
  Random& r = c.random;
  const int64_t rows = r.size(0, 9, 70);
  sa::NormalizeRows p;
  p.columns = r.size(1, 50, 1100);
  static constexpr float kEpsilons[] = {1e-12f, 1e-5f, 1.0f};
  p.epsilon = kEpsilons[r.between(0, 2)];
  Buffer<float> x(r, rows * p.columns), y(r, x.size());
  for (int64_t i = 0; i < rows; ++i) {
    const int exponent = r.chance(60) ? 0 : static_cast<int>(r.between(-126, 127));
    const bool zero = r.chance(5);
    for (int64_t j = 0; j < p.columns; ++j) {
      x[i * p.columns + j] = zero ? 0.0f : std::ldexp(r.uniform(-1.0f, 1.0f), exponent);
    }
  }
  const bool in_place = r.chance(30), threaded = r.chance(50);
  if (in_place) {
    for (int64_t i = 0; i < x.size(); ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.y = y.data();
  c.describe("rows %d, columns %d, epsilon %g%s%s", static_cast<int>(rows), static_cast<int>(p.columns),
             static_cast<double>(p.epsilon), in_place ? ", in place" : "", threaded ? ", threaded" : "");
  // A sum of n squares errs by (n + 2) u, its root by half of that; scaling, root, reciprocal and two
  // products round once each.
  const double relative = (static_cast<double>(p.columns) / 2 + 8) * kU;
  check_rows(
      c, rows, p.columns, x, y, in_place, threaded, [&] { sa::run_l2_normalize(c.kernels, p, rows); },
      [&](int64_t begin, int64_t end) { c.kernels.l2_normalize_rows(p, begin, end); },
      [&](int64_t i) {
        double squares = 0;
        for (int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) squares += std::pow(x[j], 2);
        const double norm = std::max(std::sqrt(squares), static_cast<double>(p.epsilon));
        for (int64_t j = i * p.columns; j < (i + 1) * p.columns; ++j) {
          c.within("y", j, y[j], x[j] / norm, std::fabs(x[j] / norm) * relative + kTiny);
        }
      });
}

}  // namespace sa_test
