// Sum, mean, maximum and minimum of an axis; NaN; axes long enough for partial results.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "schedule/run.h"
#include "runtime/thread_pool.h"

namespace sa_test {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void compare(Case& c, const sa::Reduce& p, int64_t o, int64_t j) {
  Sum sum;
  double max = -kInfinity, min = kInfinity;
  bool nan = false;
  for (int64_t i = 0; i < p.size; ++i) {
    const double x = p.x[o * p.x_outer + i * p.inner + j];
    sum.add(x);
    max = std::max(max, x);
    min = std::min(min, x);
    nan = nan || std::isnan(x);
  }
  const int64_t at = o * p.inner + j;
  const float received = p.out[at];
  if (nan || (p.op == sa::ReduceOp::kMean && p.size == 0)) return c.nan("NaN", at, received);
  if (p.op == sa::ReduceOp::kMax) return c.same_bits("max", at, received, static_cast<float>(max));
  if (p.op == sa::ReduceOp::kMin) return c.same_bits("min", at, received, static_cast<float>(min));
  if (std::isinf(sum.value)) return c.same_bits("infinity", at, received, static_cast<float>(sum.value));
  const double bound = (76 + static_cast<double>(p.size) / 64) * kU * sum.magnitude;
  if (p.op == sa::ReduceOp::kSum) return c.within("sum", at, received, sum.value, bound + kTiny);
  const double size = static_cast<double>(p.size);
  c.within("mean", at, received, sum.value / size, bound / size + kU * std::fabs(sum.value / size) + kTiny);
}

}  // namespace

void check_reduce(Case& c) {
  Random& r = c.random;
  sa::Reduce p;
  p.op = static_cast<sa::ReduceOp>(r.between(0, sa::kReduceOps - 1));
  p.inner = r.chance(50) ? 1 : r.size(0, 70, 300);
  p.size = r.size(0, 60, 9000 / (p.inner + 1) * (r.chance(10) ? 20 : 1));
  p.outer = p.size > 3000 ? 2 : r.size(0, 9, 40);
  p.x_outer = p.size * p.inner;
  Buffer<float> x(r, p.outer * p.x_outer), out(r, p.outer * p.inner);
  fill(c, x, any_numbers(r));
  // Zeros of both signs: which of them a maximum gives is not promised.
  for (int64_t i = 0; i < x.size(); ++i) x[i] += 0.0f;
  if (x.size() > 0 && r.chance(20)) x[r.between(0, x.size() - 1)] = NAN;
  if (x.size() > 0 && r.chance(5)) x[r.between(0, x.size() - 1)] = -INFINITY;
  p.x = x.data();
  p.out = out.data();
  const bool threaded = r.chance(60);
  c.describe("op %d, [%d, %d, %d]%s", static_cast<int>(p.op), static_cast<int>(p.outer),
             static_cast<int>(p.size), static_cast<int>(p.inner), threaded ? ", threaded" : "");
  int64_t begin = 0, end = p.outer, column = 0, columns = p.inner;
  if (threaded) {
    any_threads(c);
    c.that("memory", sa::run_reduce(c.kernels, p));
  } else {
    begin = r.between(0, p.outer);
    end = r.between(begin, p.outer);
    if (p.inner > 1) {
      column = r.between(0, p.inner);
      columns = r.between(column, p.inner);
    }
    c.kernels.reduce_block(p, begin, end, column, columns);
  }
  std::vector<char> written(static_cast<size_t>(out.size()), 0);
  for (int64_t o = begin; o < end; ++o) {
    for (int64_t j = column; j < columns; ++j) {
      compare(c, p, o, j);
      written[static_cast<size_t>(o * p.inner + j)] = 1;
    }
  }
  c.untouched("written beside out", out, written);
}

// Long axes: the same bits for any number of threads, and bounds that a plain sum would break.
void check_reduce_long(Case& c) {
  const int64_t shapes[][3] = {{1, 1000003, 1}, {1, 9001, 100}, {3, 70000, 2}, {1, 300000, 3}, {5, 65537, 1}};
  for (const auto& shape : shapes) {
    sa::Reduce p;
    p.outer = shape[0];
    p.size = shape[1];
    p.inner = shape[2];
    p.x_outer = p.size * p.inner;
    c.describe("[%d, %d, %d]", static_cast<int>(p.outer), static_cast<int>(p.size),
               static_cast<int>(p.inner));
    Buffer<float> x(c.random, p.outer * p.x_outer), out(c.random, p.outer * p.inner),
        again(c.random, p.outer * p.inner);
    fill(c, x, Numbers::kPositive);
    p.x = x.data();
    for (const sa::ReduceOp op : {sa::ReduceOp::kSum, sa::ReduceOp::kMean, sa::ReduceOp::kMax}) {
      p.op = op;
      p.out = again.data();
      sa::ThreadPool::instance().set_threads(3);
      c.that("memory", sa::run_reduce(c.kernels, p));
      p.out = out.data();
      sa::ThreadPool::instance().set_threads(1);
      c.that("memory", sa::run_reduce(c.kernels, p));
      for (int64_t i = 0; i < out.size(); ++i) {
        c.same_bits("whatever the threads", i, again[i], out[i]);
        compare(c, p, i / p.inner, i % p.inner);
      }
    }
    c.untouched("written beside out", out);
  }
}

}  // namespace sa_test
