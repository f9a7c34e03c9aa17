// Functions of two elements, operands broadcast and strided in every way, against float64.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

double normal_tail(double x) { return std::erfc(-x / std::sqrt(2.0)) / 2; }

double gelu_slope(double x) {
  if (std::isinf(x)) return x > 0 ? 1 : 0;
  return normal_tail(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * 3.14159265358979323846);
}

double gelu_tanh_slope(double x) {
  if (std::fabs(x) > 1e3) return x > 0 ? 1 : 0;
  const double k = 2 * std::sqrt(2 / 3.14159265358979323846);
  const double s = 1 / (1 + std::exp(-k * (x + 0.044715 * x * x * x)));
  return s + x * s * (1 - s) * k * (1 + 3 * 0.044715 * x * x);
}

struct Expected {
  double value, bound;
};

Expected rounded(double value, double units = 1) { return {value, units * kU * std::fabs(value) + kTiny}; }

Expected expected(sa::BinaryOp op, double a, double b) {
  const bool nan = std::isnan(a) || std::isnan(b);
  switch (op) {
    case sa::BinaryOp::kAdd:
      return rounded(a + b);
    case sa::BinaryOp::kSub:
      return rounded(a - b);
    case sa::BinaryOp::kMul:
      return rounded(a * b);
    case sa::BinaryOp::kDiv:
      return rounded(a / b);
    case sa::BinaryOp::kMaximum:
      return rounded(nan ? NAN : std::max(a, b), 0);
    case sa::BinaryOp::kMinimum:
      return rounded(nan ? NAN : std::min(a, b), 0);
    case sa::BinaryOp::kSquaredDifference:
      return rounded((a - b) * (a - b), 4);
    case sa::BinaryOp::kPrelu:
      return rounded(a < 0 ? a * b : a);
    case sa::BinaryOp::kStepMul:
      return rounded(nan ? NAN : a > 0 ? b : 0, 0);
    case sa::BinaryOp::kTanhGrad:
      // Roundings of a^2 and of the difference, absolute where they cancel.
      return {b * (1 - a * a), kU * std::fabs(b) * (2 + 3 * a * a) + kTiny};
    case sa::BinaryOp::kSigmoidGrad:
      return rounded(b * a * (1 - a), 4);
    case sa::BinaryOp::kEluGrad:
      return rounded(a >= 0 ? b : b * (a + 1), 3);
    case sa::BinaryOp::kGeluGrad:
      return {b * gelu_slope(a), 2e-6 * std::fabs(b)};
    case sa::BinaryOp::kGeluTanhGrad:
      return {b * gelu_tanh_slope(a), 2e-6 * std::fabs(b)};
  }
  return {};
}

void compare(Case& c, sa::BinaryOp op, int64_t i, float a, float b, float received) {
  const Expected e = expected(op, a, b);
  if (std::isnan(e.value)) return c.nan("NaN", i, received);
  const float nearest = static_cast<float>(e.value);
  if (std::isinf(nearest)) return c.same_bits("infinity", i, received, nearest);
  c.within("out", i, received, e.value, e.bound);
}

// Strides of an operand: contiguous in an order of its own with gaps, broadcast along some dimensions.
int64_t any_strides(Random& r, const int64_t (&shape)[4], bool plain, ptrdiff_t (&strides)[4]) {
  int order[4] = {3, 2, 1, 0};
  if (!plain && r.chance(20)) std::swap(order[r.between(0, 3)], order[r.between(0, 3)]);
  int64_t next = !plain && r.chance(10) ? 2 : 1, extent = 1;
  for (const int d : order) {
    if (!plain && r.chance(30)) {
      strides[d] = 0;
      continue;
    }
    strides[d] = next;
    extent += (shape[d] - 1) * next;
    next *= shape[d];
    if (!plain && r.chance(10)) ++next;
  }
  return extent;
}

}  // namespace

void check_binary(Case& c) {
  Random& r = c.random;
  sa::BinaryElements p;
  p.op = static_cast<sa::BinaryOp>(r.between(0, sa::kBinaryOps - 1));
  const bool large = r.chance(3);
  for (int64_t& dimension : p.shape) dimension = r.chance(30) ? 1 : r.between(1, large ? 24 : 6);
  if (r.chance(30)) p.shape[3] = r.between(1, 700);
  if (r.chance(2)) p.shape[r.between(0, 3)] = 0;
  const bool plain_a = r.chance(40), plain_b = r.chance(40), in_place = r.chance(30), threaded = r.chance(50);
  const int64_t size = p.size();
  Buffer<float> a(r, size == 0 ? 0 : any_strides(r, p.shape, plain_a || in_place, p.a_strides)),
      b(r, size == 0 ? 0 : any_strides(r, p.shape, plain_b, p.b_strides)), out(r, size);
  const Numbers kind = any_numbers(r);
  fill(c, a, kind);
  fill(c, b, kind);
  static constexpr float kSpecial[] = {NAN, INFINITY, -INFINITY, 0.0f, 3.4028235e38f};
  // A slope that is nearly 0 or 1 times infinity would show only by its sign.
  const bool sloped = p.op == sa::BinaryOp::kGeluGrad || p.op == sa::BinaryOp::kGeluTanhGrad;
  // Results of tanh and sigmoid are not infinite.
  const bool bounded = p.op == sa::BinaryOp::kTanhGrad || p.op == sa::BinaryOp::kSigmoidGrad;
  if (size > 0 && r.chance(20)) a[r.between(0, a.size() - 1)] = kSpecial[bounded ? 0 : r.between(0, 4)];
  if (size > 0 && r.chance(20)) b[r.between(0, b.size() - 1)] = kSpecial[sloped ? 0 : r.between(0, 4)];
  p.a = a.data();
  p.b = b.data();
  p.out = out.data();
  if (in_place) {
    for (int64_t i = 0; i < size; ++i) out[i] = a[i];
    p.a = out.data();
  }
  c.describe("op %d, shape %d %d %d %d, strides %d %d %d %d and %d %d %d %d%s%s", static_cast<int>(p.op),
             static_cast<int>(p.shape[0]), static_cast<int>(p.shape[1]), static_cast<int>(p.shape[2]),
             static_cast<int>(p.shape[3]), static_cast<int>(p.a_strides[0]), static_cast<int>(p.a_strides[1]),
             static_cast<int>(p.a_strides[2]), static_cast<int>(p.a_strides[3]),
             static_cast<int>(p.b_strides[0]), static_cast<int>(p.b_strides[1]),
             static_cast<int>(p.b_strides[2]), static_cast<int>(p.b_strides[3]), in_place ? ", in place" : "",
             threaded ? ", threaded" : "");
  int64_t begin = 0, end = size;
  if (threaded) {
    any_threads(c);
    sa::run_binary(c.kernels, p);
  } else {
    begin = r.between(0, size);
    end = r.between(begin, size);
    c.kernels.binary_elements(p, begin, end);
  }
  std::vector<char> written(static_cast<size_t>(size), 0);
  for (int64_t i = 0; i < size; ++i) {
    int64_t at[4], rest = i;
    for (int d = 3; d >= 0; --d) {
      at[d] = rest % p.shape[d];
      rest /= p.shape[d];
    }
    int64_t ai = 0, bi = 0;
    for (int d = 0; d < 4; ++d) {
      ai += at[d] * p.a_strides[d];
      bi += at[d] * p.b_strides[d];
    }
    const bool in_range = i >= begin && i < end;
    if (in_range) compare(c, p.op, i, a[ai], b[bi], out[i]);
    if (!in_range && in_place) c.same_bits("element outside of the range", i, out[i], a[i]);
    written[static_cast<size_t>(i)] = in_range || in_place;
  }
  c.untouched("written beside out", out, written);
}

}  // namespace sa_test
