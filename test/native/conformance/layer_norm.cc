// Layer normalisation, rows with a mean far from zero included.
#include <cmath>

#include "conformance/operations.h"
#include "conformance/row_range.h"
#include "dispatch/run.h"

namespace sa_test {

namespace {

// The kernel takes differences d from a rounded mean, then the mean of d, then mean(d^2) minus its square.
void compare_row(Case& c, const sa::LayerNormRows& p, const float* x, int64_t r) {
  const double n = static_cast<double>(p.columns);
  double mean = 0, magnitude = 0, variance = 0, distance = 0;
  for (int64_t j = 0; j < p.columns; ++j) mean += x[j] / n, magnitude += std::fabs(x[j]) / n;
  for (int64_t j = 0; j < p.columns; ++j) {
    variance += (x[j] - mean) * (x[j] - mean) / n;
    distance += std::fabs(x[j] - mean) / n;
  }
  const double mean_error = (n + 2) * kU * magnitude;
  // mean(d^2) = variance + mean_error^2; each square errs by its rounded difference and its place in the sum.
  const double squares = variance + mean_error * mean_error;
  const double deviation = std::sqrt(variance + p.epsilon);
  const double rho = (n + 8) * kU * (squares + mean_error * mean_error) / (deviation * deviation);
  c.that("the case has a bound", rho < 0.25);
  for (int64_t j = 0; j < p.columns; ++j) {
    const double centred = std::fabs(x[j] - mean);
    const double difference_error = 3 * kU * (centred + mean_error) + (n + 3) * kU * (distance + mean_error);
    const double gamma = p.gamma == nullptr ? 1 : p.gamma[j], beta = p.beta == nullptr ? 0 : p.beta[j];
    const double y = (x[j] - mean) / deviation;
    // 1 / sqrt(1 + rho) is within rho of 1 for |rho| < 1/4; root, reciprocal and products round once each.
    const double error = 1.01 * (difference_error / deviation * (1 + rho) + std::fabs(y) * (rho + 5 * kU));
    const double value = y * gamma + beta;
    const double bound = error * std::fabs(gamma) + kU * (std::fabs(y * gamma) + std::fabs(value)) + kTiny;
    c.within("y", r * p.columns + j, p.y[r * p.columns + j], value, bound);
  }
}

}  // namespace

void check_layer_norm(Case& c) {
  Random& r = c.random;
  sa::LayerNormRows p;
  p.rows = r.size(0, 9, 70);
  p.columns = r.size(1, 50, 1100);
  const float spread = std::ldexp(1.0f, static_cast<int>(r.between(-10, 10)));
  const float mean = r.chance(50) ? 0.0f : spread * r.uniform(-1000.0f, 1000.0f);
  Buffer<float> x(r, p.rows * p.columns), y(r, x.size()), gamma(r, p.columns), beta(r, p.columns);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = mean + spread * r.uniform(-1.0f, 1.0f);
  fill(c, gamma, any_numbers(r));
  fill(c, beta, any_numbers(r));
  static constexpr float kEpsilons[] = {1e-12f, 1e-5f, 1e-3f};
  // Relative to the spread, so that a row of equal numbers keeps a bound.
  p.epsilon = kEpsilons[p.columns < 3 || mean != 0.0f ? 2 : r.between(0, 2)] * spread * spread;
  if (r.chance(60)) p.gamma = gamma.data();
  if (r.chance(60)) p.beta = beta.data();
  const bool in_place = r.chance(30), threaded = r.chance(50);
  if (in_place) {
    for (int64_t i = 0; i < x.size(); ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.y = y.data();
  c.describe("rows %d, columns %d, mean %g, spread %g, epsilon %g%s%s%s%s", static_cast<int>(p.rows),
             static_cast<int>(p.columns), static_cast<double>(mean), static_cast<double>(spread),
             static_cast<double>(p.epsilon), p.gamma != nullptr ? ", gamma" : "",
             p.beta != nullptr ? ", beta" : "", in_place ? ", in place" : "", threaded ? ", threaded" : "");
  check_rows(
      c, p.rows, p.columns, x, y, in_place, threaded, [&] { sa::run_layer_norm(c.kernels, p); },
      [&](int64_t begin, int64_t end) { c.kernels.layer_norm_rows(p, begin, end); },
      [&](int64_t i) { compare_row(c, p, x.data() + i * p.columns, i); });
}

}  // namespace sa_test
