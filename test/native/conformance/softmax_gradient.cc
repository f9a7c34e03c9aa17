// Gradients of softmax and of its logarithm, and the logarithm itself, by rows, in place too.
#include <cmath>
#include <limits>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

struct Shape {
  int64_t rows, columns;
  bool in_place, threaded;

  explicit Shape(Case& c) {
    rows = c.random.size(0, 9, 300);
    columns = c.random.size(0, 50, 700);
    in_place = c.random.chance(40);
    threaded = c.random.chance(50);
    c.describe("rows %d, columns %d%s%s", static_cast<int>(rows), static_cast<int>(columns),
               in_place ? ", in place" : "", threaded ? ", threaded" : "");
  }
};

// What float32 arithmetic in this order may differ by from the exact products of the same numbers.
template <typename Rows, typename Run, typename Kernel, typename Row>
void check_gradient(Case& c, const Shape& s, Rows p, const Buffer<float>& y, const Buffer<float>& dy,
                    const Run& run, const Kernel& kernel, const Row& compare_row) {
  Buffer<float> dx(c.random, y.size());
  const bool over_y = c.random.chance(50);
  const Buffer<float>& replaced = over_y ? y : dy;
  if (s.in_place) {
    for (int64_t i = 0; i < y.size(); ++i) dx[i] = replaced[i];
  }
  p.columns = s.columns;
  p.y = s.in_place && over_y ? dx.data() : y.data();
  p.dy = s.in_place && !over_y ? dx.data() : dy.data();
  p.dx = dx.data();
  check_rows(
      c, s.rows, s.columns, replaced, dx, s.in_place, s.threaded, [&] { run(p); },
      [&](int64_t begin, int64_t end) { kernel(p, begin, end); },
      [&](int64_t r) {
        const int64_t at = r * s.columns;
        compare_row(y.data() + at, dy.data() + at, dx.data() + at, at);
      });
}

}  // namespace

void check_softmax_gradient(Case& c) {
  const Shape s(c);
  const int64_t n = s.columns;
  Buffer<float> y(c.random, s.rows * n), dy(c.random, s.rows * n);
  for (int64_t i = 0; i < y.size(); ++i) y[i] = c.random.chance(20) ? 0.0f : c.random.uniform(0.0f, 1.0f);
  fill(c, dy, any_numbers(c.random));
  sa::SoftmaxGradientRows p;
  p.scale = c.random.uniform(-2.0f, 2.0f);
  check_gradient(
      c, s, p, y, dy,
      [&](const sa::SoftmaxGradientRows& g) { sa::run_softmax_gradient(c.kernels, g, s.rows); },
      [&](const sa::SoftmaxGradientRows& g, int64_t begin, int64_t end) {
        c.kernels.softmax_gradient_rows(g, begin, end);
      },
      [&](const float* yr, const float* dyr, const float* dx, int64_t at) {
        Sum dot;
        for (int64_t j = 0; j < n; ++j) dot.add(static_cast<double>(yr[j]) * dyr[j]);
        for (int64_t j = 0; j < n; ++j) {
          const double factor = static_cast<double>(p.scale) * yr[j], difference = dyr[j] - dot.value;
          const double bound =
              static_cast<double>(n + 2) * kU * dot.magnitude + 4 * kU * std::fabs(difference);
          c.within("dx", at + j, dx[j], factor * difference, std::fabs(factor) * bound + kTiny);
          if (yr[j] == 0) c.equal("dx where y is 0", at + j, dx[j], 0);
        }
      });
}

void check_log_softmax(Case& c) {
  const Shape s(c);
  const int64_t n = s.columns;
  Buffer<float> x(c.random, s.rows * n), y(c.random, s.rows * n);
  static constexpr float kRanges[] = {1e-3f, 1.0f, 30.0f, 1e4f, 3e38f};
  const float range = kRanges[c.random.between(0, 4)];
  for (int64_t i = 0; i < x.size(); ++i) x[i] = c.random.uniform(-0.5f, 0.5f) * range;
  if (s.in_place) {
    for (int64_t i = 0; i < x.size(); ++i) y[i] = x[i];
  }
  const sa::LogSoftmaxRows p = {n, s.in_place ? y.data() : x.data(), y.data()};
  check_rows(
      c, s.rows, n, x, y, s.in_place, s.threaded, [&] { sa::run_log_softmax(c.kernels, p, s.rows); },
      [&](int64_t begin, int64_t end) { c.kernels.log_softmax_rows(p, begin, end); },
      [&](int64_t r) {
        double max = -std::numeric_limits<double>::infinity(), sum = 0;
        for (int64_t j = 0; j < n; ++j) max = std::max(max, static_cast<double>(x[r * n + j]));
        for (int64_t j = 0; j < n; ++j) sum += std::exp(x[r * n + j] - max);
        for (int64_t j = 0; j < n; ++j) {
          const double difference = x[r * n + j] - max, value = difference - std::log(sum);
          const double bound = (static_cast<double>(n) + 8 + 2 * std::fabs(value)) * kU;
          c.within("y", r * n + j, y[r * n + j], value, bound);
        }
      });
}

void check_log_softmax_gradient(Case& c) {
  const Shape s(c);
  const int64_t n = s.columns;
  Buffer<float> y(c.random, s.rows * n), dy(c.random, s.rows * n);
  for (int64_t i = 0; i < y.size(); ++i) y[i] = c.random.uniform(-12.0f, 0.0f);
  if (y.size() > 0 && c.random.chance(20)) y[c.random.between(0, y.size() - 1)] = -INFINITY;
  fill(c, dy, any_numbers(c.random));
  check_gradient(
      c, s, sa::LogSoftmaxGradientRows(), y, dy,
      [&](const sa::LogSoftmaxGradientRows& g) { sa::run_log_softmax_gradient(c.kernels, g, s.rows); },
      [&](const sa::LogSoftmaxGradientRows& g, int64_t begin, int64_t end) {
        c.kernels.log_softmax_gradient_rows(g, begin, end);
      },
      [&](const float* yr, const float* dyr, const float* dx, int64_t at) {
        Sum sum;
        for (int64_t j = 0; j < n; ++j) sum.add(dyr[j]);
        for (int64_t j = 0; j < n; ++j) {
          const double e = std::exp(static_cast<double>(yr[j])), value = dyr[j] - e * sum.value;
          const double bound =
              e * static_cast<double>(n + 8) * kU * sum.magnitude + 2 * kU * std::fabs(value);
          c.within("dx", at + j, dx[j], value, bound + kTiny * (1 + sum.magnitude));
        }
      });
}

}  // namespace sa_test
