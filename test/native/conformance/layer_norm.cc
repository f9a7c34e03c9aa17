// Layer normalisation, rows with a mean far from zero included.
#include <algorithm>
#include <cmath>
#include <vector>

#include "conformance/operations.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

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

// The gradient: against float64, with the errors of z carried through the formula.
void check_layer_norm_gradient(Case& c) {
  Random& r = c.random;
  sa::LayerNormGradientRows p;
  p.rows = r.size(0, 9, 300);
  p.columns = r.size(1, 50, 600);
  const int64_t n = p.columns;
  const float mean = r.chance(50) ? 0.0f : r.uniform(-30.0f, 30.0f);
  Buffer<float> x(r, p.rows * n), dy(r, x.size()), dx(r, x.size()), gamma(r, n), dgamma(r, n), dbeta(r, n);
  for (int64_t i = 0; i < x.size(); ++i) x[i] = mean + r.uniform(-1.0f, 1.0f);
  fill(c, dy, any_numbers(r));
  fill(c, gamma, any_numbers(r));
  p.epsilon = 1e-3f;
  if (r.chance(60)) p.gamma = gamma.data();
  const int64_t place = r.between(0, 2);
  for (int64_t i = 0; i < x.size() && place > 0; ++i) dx[i] = place == 1 ? x[i] : dy[i];
  p.x = place == 1 ? dx.data() : x.data();
  p.dy = place == 2 ? dx.data() : dy.data();
  p.dx = dx.data();
  c.describe("rows %d, columns %d, mean %g%s, dx in the place of %d", static_cast<int>(p.rows),
             static_cast<int>(n), static_cast<double>(mean), p.gamma != nullptr ? ", gamma" : "",
             static_cast<int>(place));
  any_threads(c);
  c.that("memory", sa::run_layer_norm_gradient(c.kernels, p, dgamma.data(), dbeta.data()));

  const double u = static_cast<double>(n + 16) * kU;
  std::vector<double> sums(static_cast<size_t>(n)), sum_bounds(sums), plain(sums), plain_bounds(sums),
      z(sums), errors(sums);
  for (int64_t i = 0; i < p.rows; ++i) {
    const float *xr = x.data() + i * n, *dyr = dy.data() + i * n;
    double average = 0, variance = 0, magnitude = 0;
    for (int64_t j = 0; j < n; ++j) average += xr[j] / static_cast<double>(n);
    for (int64_t j = 0; j < n; ++j) {
      variance += (xr[j] - average) * (xr[j] - average) / static_cast<double>(n);
      magnitude = std::max(magnitude, std::fabs(static_cast<double>(xr[j])));
    }
    const double inverse = 1 / std::sqrt(variance + p.epsilon);
    double g_mean = 0, g_size = 0, gz_mean = 0, gz_size = 0, gz_error = 0;
    for (int64_t j = 0; j < n; ++j) {
      const size_t at = static_cast<size_t>(j);
      const double d = dyr[j], g = d * (p.gamma == nullptr ? 1 : p.gamma[j]),
                   each = 1.0 / static_cast<double>(n);
      z[at] = (xr[j] - average) * inverse;
      // The corrected mean leaves the rounding of a difference, and to second order that of the rough mean.
      errors[at] = u * (1 + std::fabs(z[at])) + 2 * u * u * magnitude * inverse;
      g_mean += g * each;
      g_size += std::fabs(g) * each;
      gz_mean += g * z[at] * each;
      gz_size += std::fabs(g * z[at]) * each;
      gz_error += std::fabs(g) * errors[at] * each;
      sums[at] += d * z[at];
      sum_bounds[at] +=
          std::fabs(d) * errors[at] + static_cast<double>(p.rows + 2) * kU * std::fabs(d * z[at]);
      plain[at] += d;
      plain_bounds[at] += static_cast<double>(p.rows + 2) * kU * std::fabs(d);
    }
    for (int64_t j = 0; j < n; ++j) {
      const size_t at = static_cast<size_t>(j);
      const double g = static_cast<double>(dyr[j]) * (p.gamma == nullptr ? 1 : p.gamma[j]);
      const double value = (g - g_mean - z[at] * gz_mean) * inverse;
      const double bound = u * g_size + std::fabs(z[at]) * (gz_error + u * gz_size) +
                           errors[at] * (std::fabs(gz_mean) + gz_error) +
                           u * (std::fabs(g) + std::fabs(g_mean) + std::fabs(z[at] * gz_mean));
      c.within("dx", i * n + j, dx[i * n + j], value, bound * inverse + kTiny);
    }
  }
  for (int64_t j = 0; j < n; ++j) {
    const size_t at = static_cast<size_t>(j);
    c.within("dgamma", j, dgamma[j], sums[at], sum_bounds[at] + kTiny);
    c.within("dbeta", j, dbeta[j], plain[at], plain_bounds[at] + kTiny);
  }
  c.untouched("written beside dx", dx);
  c.untouched("written beside dgamma", dgamma);
  c.untouched("written beside dbeta", dbeta);
}

}  // namespace sa_test
