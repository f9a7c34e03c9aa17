// Exponentials of logits relative to their row's maximum, and their running sums.
#include <cmath>
#include <limits>
#include <vector>

#include "conformance/operations.h"
#include "schedule/run.h"

namespace sa_test {

void check_prepare_scores(Case& c) {
  Random& r = c.random;
  const float none = -std::numeric_limits<float>::infinity();
  const int64_t rows = r.size(0, 9, 60), columns = r.size(0, 50, 2000);
  const float range = r.chance(50) ? 2.0f : 60.0f;
  Buffer<float> logits(r, rows * columns), e(r, rows * columns), sums(r, rows * columns);
  for (int64_t i = 0; i < rows; ++i) {
    const int infinite = r.chance(10) ? 100 : r.chance(20) ? 30 : 0;
    for (int64_t j = 0; j < columns; ++j) {
      logits[i * columns + j] = r.chance(infinite) ? none : r.uniform(-range, range);
    }
  }
  const bool threaded = r.chance(50);
  int64_t begin = 0, end = rows;
  c.describe("rows %d, columns %d, range %g%s", static_cast<int>(rows), static_cast<int>(columns),
             static_cast<double>(range), threaded ? ", threaded" : "");
  if (threaded) {
    any_threads(c);
    sa::run_prepare_scores(c.kernels, logits.data(), rows, columns, e.data(), sums.data());
  } else {
    begin = r.between(0, rows);
    end = r.between(begin, rows);
    c.kernels.prepare_scores_rows({columns, logits.data(), e.data(), sums.data()}, begin, end);
  }
  std::vector<char> written(static_cast<size_t>(rows * columns), 0);
  for (int64_t i = begin; i < end; ++i) {
    float max = none;
    for (int64_t j = 0; j < columns; ++j) max = std::fmax(max, logits[i * columns + j]);
    double sum = 0;
    for (int64_t j = i * columns; j < (i + 1) * columns; ++j) {
      const double argument = max == none ? none : static_cast<double>(logits[j]) - max;
      const double exact = std::exp(argument);
      // The difference is rounded once, the exponential errs by 2 ULP (4 u).
      const double relative = exact > 0 ? (std::fabs(argument) + 4) * kU : 0;
      c.within("exponential", j, e[j], exact, exact * std::expm1(relative) + (exact > 0 ? kTiny : 0));
      // Of the exponentials as they are: the sum is kept in float64 and rounded when it is stored.
      sum += e[j];
      c.within("running sum", j, sums[j], sum, 1.001 * kU * sum);
      written[static_cast<size_t>(j)] = 1;
    }
  }
  c.untouched("written beside the exponentials", e, written);
  c.untouched("written beside the sums", sums, written);
}

}  // namespace sa_test
