// One case of one operation on one tier: its random numbers, and the comparisons of what the kernel gave.
#pragma once

#include <cstdint>
#include <vector>

#include "conformance/buffer.h"
#include "conformance/random.h"
#include "dispatch/kernel_set.h"

namespace sa_test {

// Unit roundoff of float32.
inline constexpr double kU = 1.0 / 16777216.0;
// What is smaller may be flushed to zero: float32 turns denormal at 1.1755e-38, and the exponential of the
// kernels is 0 below -87.33, that is below 1.1833e-38.
inline constexpr double kTiny = 1.19e-38;

struct Failure {
  const char* what = nullptr;
  int64_t element = 0;
  double expected = 0, received = 0, bound = 0;
  double ratio = 0;  // of the error to the bound
};

class Case {
 public:
  Case(const sa::KernelSet& kernels, uint64_t seed, int64_t effort)
      : kernels(kernels), random(seed), effort(effort) {}

  const sa::KernelSet& kernels;
  Random random;
  const int64_t effort;  // cases asked for: sweeps take their length from it

#if defined(__GNUC__)
  __attribute__((format(printf, 2, 3)))
#endif
  void describe(const char* format, ...);

  // |received - expected| <= bound, with the bound 0 for exact results; NaN is never within.
  void within(const char* what, int64_t element, double received, double expected, double bound);
  void equal(const char* what, int64_t element, double received, double expected) {
    within(what, element, received, expected, 0);
  }
  void same_bits(const char* what, int64_t element, float received, float expected);
  void nan(const char* what, int64_t element, double received);
  void that(const char* what, bool true_statement);

  // Elements that are not in `written`, and the guards around the buffer, still hold what they held.
  template <typename T>
  void untouched(const char* what, Buffer<T>& buffer, const std::vector<char>& written) {
    int64_t broken = buffer.broken_guard();
    if (broken == buffer.size() + kTail) {
      for (broken = 0; broken < buffer.size(); ++broken) {
        if (!written[static_cast<size_t>(broken)] && !buffer.untouched(broken)) break;
      }
      if (broken == buffer.size()) return;
    }
    overwritten(what, broken);
  }
  template <typename T>
  void untouched(const char* what, Buffer<T>& buffer) {
    untouched(what, buffer, std::vector<char>(static_cast<size_t>(buffer.size()), 1));
  }

  int64_t failures() const { return failures_; }
  const Failure& worst() const { return worst_; }
  const char* shape() const { return worst_shape_; }
  int64_t compared() const { return compared_; }
  // The largest ratio of an error to its bound.
  double closest() const { return closest_; }

 private:
  void fail(const Failure& failure);
  void overwritten(const char* what, int64_t element);

  char shape_[400] = "", worst_shape_[400] = "";
  int64_t failures_ = 0, compared_ = 0;
  double closest_ = 0;
  Failure worst_;
};

void fill(Case& c, Buffer<float>& buffer, Numbers kind);

// Sets the pool's size to 1, 2 or 3 threads; whatever it is, results must not show it.
int any_threads(Case& c);

}  // namespace sa_test
