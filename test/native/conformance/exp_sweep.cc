// The exponential as the kernels compute it: prepare_scores_rows writes exp(r - rowmax), so a row whose first
// logit is 0 and whose others are not above shows exp of the others without any other rounding.
#include <cmath>
#include <cstring>
#include <vector>

#include "conformance/operations.h"

namespace sa_test {

namespace {

constexpr double kMaxUlp = 2;

// Of the float32 that a value of this size, 2^-126 or more, is rounded to.
double ulp(double value) {
  int exponent;
  std::frexp(value, &exponent);
  return std::ldexp(1.0, exponent - 24);
}

void sweep(Case& c, const std::vector<float>& points) {
  const int64_t n = static_cast<int64_t>(points.size()) + 1;
  Buffer<float> logits(c.random, n), e(c.random, n), sums(c.random, n);
  logits[0] = 0;
  std::memcpy(logits.data() + 1, points.data(), points.size() * sizeof(float));
  c.kernels.prepare_scores_rows({n, logits.data(), e.data(), sums.data()}, 0, 1);
  for (int64_t i = 0; i < n; ++i) {
    const double exact = std::exp(static_cast<double>(logits[i]));
    c.within("exp", i, e[i], exact, kMaxUlp * ulp(exact));
  }
}

}  // namespace

// 50 points a case asked for: 1.5 million by default. Half of them lie evenly in x, half evenly among the
// float32 numbers, most of which are close to 0.
void check_exp_sweep(Case& c) {
  const int64_t count = c.effort * 25;
  c.describe("%d points in [-87.3, 0]", static_cast<int>(2 * count));
  const float lowest = -87.3f;
  uint32_t lowest_bits, sign = 0x80000000u;
  std::memcpy(&lowest_bits, &lowest, sizeof lowest);
  const uint64_t all = lowest_bits - sign;
  std::vector<float> points;
  for (int64_t i = 0; i < count; ++i) {
    const double t = (static_cast<double>(i) + c.random.uniform(0.0f, 1.0f)) / static_cast<double>(count);
    points.push_back(static_cast<float>(t * lowest));
    const uint32_t bits = sign + static_cast<uint32_t>(t * static_cast<double>(all));
    float x;
    std::memcpy(&x, &bits, sizeof x);
    points.push_back(x);
    if (points.size() < 4096 && i + 1 < count) continue;
    sweep(c, points);
    points.clear();
  }
}

}  // namespace sa_test
