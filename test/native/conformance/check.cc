#include "conformance/check.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>

#include "runtime/thread_pool.h"

namespace sa_test {

void Case::describe(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(shape_, sizeof shape_, format, arguments);
  va_end(arguments);
}

void Case::fail(const Failure& failure) {
  ++failures_;
  if (failures_ > 1 && !(failure.ratio > worst_.ratio)) return;
  worst_ = failure;
  std::memcpy(worst_shape_, shape_, sizeof shape_);
}

void Case::within(const char* what, int64_t element, double received, double expected, double bound) {
  ++compared_;
  const double error = std::fabs(received - expected);
  if (error > closest_ * bound && bound > 0) closest_ = error / bound;
  if (error <= bound) return;  // false for NaN
  const bool finite = error < std::numeric_limits<double>::infinity() && bound > 0;
  fail({what, element, expected, received, bound,
        finite ? error / bound : std::numeric_limits<double>::infinity()});
}

void Case::same_bits(const char* what, int64_t element, float received, float expected) {
  ++compared_;
  if (std::memcmp(&received, &expected, sizeof received) == 0) return;
  fail({what, element, expected, received, 0, std::numeric_limits<double>::infinity()});
}

void Case::nan(const char* what, int64_t element, double received) {
  ++compared_;
  if (received != received) return;
  fail({what, element, std::numeric_limits<double>::quiet_NaN(), received, 0,
        std::numeric_limits<double>::infinity()});
}

void Case::that(const char* what, bool true_statement) {
  ++compared_;
  if (!true_statement) fail({what, 0, 1, 0, 0, std::numeric_limits<double>::infinity()});
}

void Case::overwritten(const char* what, int64_t element) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  fail({what, element, nan, nan, 0, std::numeric_limits<double>::infinity()});
}

void fill(Case& c, Buffer<float>& buffer, Numbers kind) {
  for (int64_t i = 0; i < buffer.size(); ++i) buffer[i] = number(c.random, kind);
}

int any_threads(Case& c) {
  const int threads = static_cast<int>(c.random.between(1, 3));
  sa::ThreadPool::instance().set_threads(threads);
  return threads;
}

}  // namespace sa_test
