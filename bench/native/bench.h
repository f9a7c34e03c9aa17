// What a benchmark case is, and the runner's side of it. A case first proves that its result is right, then
// is timed in samples that alternate with measurements of the peak, so that both see the same machine.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "dispatch/kernel_set.h"
#include "runtime/workspace.h"

namespace bench {

struct Operand {
  sa::AlignedFloats values;
  float* data() const { return values.data(); }
};

// Aligned, uniform in [-1, 1], reproducible; aborts when memory has run out.
std::shared_ptr<Operand> operand(int64_t size, uint32_t seed);

struct Case {
  std::string suite, name;
  std::string unit;     // of the rate: "GFLOP/s", "G elements/s", "GOP/s", "us"
  double work = 0;      // operations or elements of one call; 0 with unit "us" reports the time itself
  bool bounded = true;  // whether a percentage of the multiply-add peak means something
  std::vector<std::shared_ptr<Operand>> operands;  // what `run` points into
  std::function<void()> run;
  std::function<double()> seconds;  // instead of `run`: one call that knows its own time
  // Largest error of the result in units of its bound, sampled; > 1 is wrong.
  std::function<double()> check;
};

using Cases = std::vector<Case>;

// Each makes its operands lazily: a case that is filtered out allocates nothing.
struct Maker {
  std::string suite, name;
  std::function<Case(const sa::KernelSet&)> make;
};
using Makers = std::vector<Maker>;

void add_matmul(Makers& makers);
void add_int8(Makers& makers);
void add_rows(Makers& makers);
void add_attention(Makers& makers);
void add_pool(Makers& makers);

// Multiply-adds of the tier's own vectors on one thread, GFLOP/s.
double fma_peak(const std::string& tier);

// The larger of two errors; NaN is larger than any number.
inline double worse(double worst, double error) { return worst != worst || error <= worst ? worst : error; }

// Rows whose result is held against float64: first, last and some between.
std::vector<int64_t> sample_rows(int64_t rows);

inline constexpr double kUnit = 1.0 / (1 << 24);  // unit roundoff of float32

}  // namespace bench
