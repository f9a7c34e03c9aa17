// Functions of every element, over all sizes of their argument, against float64.
#include <cmath>
#include <cstring>
#include <limits>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "conformance/row_range.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Constants of Klambauer et al. 2017.
constexpr double kSeluScale = 1.0507009873554805, kSeluAlpha = 1.6732632423543772;

// The exact value, the relative error that the kernel promises in units of u = 2^-24 (an ULP is at most two),
// and an absolute one.
struct Expected {
  double value, units, absolute;
};

Expected rounded(double value, double units = 1) { return {value, units, kTiny}; }

Expected expected(const sa::UnaryElements& p, double x) {
  const double alpha = p.alpha, beta = p.beta;
  switch (p.op) {
    case sa::UnaryOp::kNeg:
      return rounded(-x, 0);
    case sa::UnaryOp::kAbs:
      return rounded(std::fabs(x), 0);
    case sa::UnaryOp::kExp:
      return rounded(std::exp(x), 4);
    case sa::UnaryOp::kLog:
      return rounded(std::log(x), 4);
    case sa::UnaryOp::kLog1p:
      return rounded(std::log1p(x), 8);
    case sa::UnaryOp::kSqrt:
      return rounded(std::sqrt(x));
    case sa::UnaryOp::kRsqrt:
      return rounded(1 / std::sqrt(x), 3);
    case sa::UnaryOp::kSquare:
      return rounded(x * x);
    case sa::UnaryOp::kReciprocal:
      return rounded(1 / x);
    case sa::UnaryOp::kRelu:
      return rounded(x > 0 ? x : 0, 0);
    case sa::UnaryOp::kRelu6:
      return rounded(x > 0 ? std::min(x, 6.0) : 0, 0);
    case sa::UnaryOp::kLeakyRelu:
      return rounded(x < 0 ? alpha * x : x);
    case sa::UnaryOp::kElu:
      return rounded(x < 0 ? std::expm1(x) : x, 6);
    case sa::UnaryOp::kSelu:
      return rounded(kSeluScale * (x < 0 ? kSeluAlpha * std::expm1(x) : x), 9);
    case sa::UnaryOp::kSigmoid:
      return rounded(1 / (1 + std::exp(-x)), 5);
    case sa::UnaryOp::kTanh:
      return rounded(std::tanh(x), 8);
    case sa::UnaryOp::kErf:
      return rounded(std::erf(x), 6);
    case sa::UnaryOp::kStep:
      return rounded(x > 0 ? 1 : alpha, 0);
    case sa::UnaryOp::kGelu:
      if (x == -kInfinity) return {0, 0, 1e-6};
      return {activate(sa::Activation::kGelu, x), 0, 1e-6 * std::max(1.0, std::fabs(x))};
    case sa::UnaryOp::kGeluTanh:
      return {activate(sa::Activation::kGeluTanh, x), 0, 1e-6 * std::max(1.0, std::fabs(x))};
    case sa::UnaryOp::kClip:
      return rounded(x > beta ? beta : x < alpha ? alpha : x, 0);
  }
  return {};
}

// NaN where the exact value is, infinity where it rounds to it, else within the bound.
void compare(Case& c, const sa::UnaryElements& p, int64_t i, float x, float y) {
  const Expected e = expected(p, x);
  if (std::isnan(x) || std::isnan(e.value)) return c.nan("NaN", i, y);
  const float nearest = static_cast<float>(e.value);
  if (std::isinf(nearest) || std::isinf(y)) {
    // At the very border of float32 the last bit decides between the largest number and infinity.
    const bool border = std::fabs(e.value) > 3.4028e38 && std::fabs(e.value) < 3.40283e38;
    if (!(border && std::fabs(y) > 3.4028e38f)) c.same_bits("infinity", i, y, nearest);
    return;
  }
  c.within("out", i, y, e.value, e.units * kU * std::fabs(e.value) + e.absolute);
}

float any_float(Random& r) {
  const uint32_t bits = static_cast<uint32_t>(r.next());
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace

void check_unary(Case& c) {
  Random& r = c.random;
  sa::UnaryElements p;
  p.op = static_cast<sa::UnaryOp>(r.between(0, sa::kUnaryOps - 1));
  p.size = r.size(0, 90, 50000);
  p.alpha = r.chance(20) ? -static_cast<float>(kInfinity) : r.uniform(-2.0f, 0.5f);
  if (p.op != sa::UnaryOp::kClip && std::isinf(p.alpha)) p.alpha = 0.25f;
  p.beta = r.chance(20) ? static_cast<float>(kInfinity) : r.uniform(0.5f, 2.0f);
  Buffer<float> x(r, p.size), y(r, p.size);
  const int64_t kind = r.between(0, 3);
  for (int64_t i = 0; i < p.size; ++i) {
    x[i] = kind == 0   ? r.uniform(-8.0f, 8.0f)
           : kind == 1 ? any_float(r)
           : kind == 2 ? r.uniform(-100.0f, 100.0f)
                       : static_cast<float>(r.between(-3, 3));
  }
  if (p.size > 0 && r.chance(20)) {
    static constexpr float kSpecial[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, 3.4028235e38f, 1e-45f};
    x[r.between(0, p.size - 1)] = kSpecial[r.between(0, 6)];
  }
  const bool in_place = r.chance(30), threaded = r.chance(50);
  if (in_place) {
    for (int64_t i = 0; i < p.size; ++i) y[i] = x[i];
  }
  p.x = in_place ? y.data() : x.data();
  p.out = y.data();
  c.describe("op %d, size %d, numbers of kind %d, alpha %g, beta %g%s%s", static_cast<int>(p.op),
             static_cast<int>(p.size), static_cast<int>(kind), static_cast<double>(p.alpha),
             static_cast<double>(p.beta), in_place ? ", in place" : "", threaded ? ", threaded" : "");
  check_rows(
      c, p.size, 1, x, y, in_place, threaded, [&] { sa::run_unary(c.kernels, p); },
      [&](int64_t begin, int64_t end) { c.kernels.unary_elements(p, begin, end); },
      [&](int64_t i) { compare(c, p, i, x[i], y[i]); });
}

// Points a case asked for, evenly among the float32 numbers of both signs and evenly in [-20, 20], through
// each function that is more than an instruction.
void check_unary_sweep(Case& c) {
  const int64_t count = c.effort;
  c.describe("%d points", static_cast<int>(2 * count));
  Buffer<float> x(c.random, 2 * count), y(c.random, 2 * count);
  for (int64_t i = 0; i < count; ++i) {
    const double t = (static_cast<double>(i) + c.random.uniform(0.0f, 1.0f)) / static_cast<double>(count);
    const uint32_t bits = static_cast<uint32_t>(t * 4294967295.0);
    std::memcpy(&x[2 * i], &bits, sizeof bits);
    x[2 * i + 1] = static_cast<float>(40 * t - 20);
  }
  for (const sa::UnaryOp op : {sa::UnaryOp::kExp, sa::UnaryOp::kLog, sa::UnaryOp::kLog1p, sa::UnaryOp::kElu,
                               sa::UnaryOp::kSigmoid, sa::UnaryOp::kTanh, sa::UnaryOp::kErf}) {
    sa::UnaryElements p;
    p.op = op;
    p.size = 2 * count;
    p.x = x.data();
    p.out = y.data();
    c.describe("op %d, %d points", static_cast<int>(op), static_cast<int>(p.size));
    c.kernels.unary_elements(p, 0, p.size);
    for (int64_t i = 0; i < p.size; ++i) compare(c, p, i, x[i], y[i]);
  }
}

}  // namespace sa_test
