// Float64 references that several operations share, with the error that float32 may add (the same bounds as
// test/support/reference.ts; Higham, Accuracy and Stability of Numerical Algorithms, ch. 3).
#pragma once

#include <algorithm>
#include <cmath>

#include "conformance/check.h"

namespace sa_test {

inline double activate(sa::Activation activation, double x) {
  switch (activation) {
    case sa::Activation::kNone:
      return x;
    case sa::Activation::kRelu:
      return x > 0 ? x : 0;
    case sa::Activation::kGelu:
      return x / 2 * std::erfc(-x / std::sqrt(2.0));
    case sa::Activation::kGeluTanh: {
      // x * sigmoid(2 u): equal to the form with tanh, without its cancellation for negative x.
      const double u = std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x);
      return x / (1 + std::exp(-2 * u));
    }
    case sa::Activation::kSilu:
      return x / (1 + std::exp(-x));
  }
  return x;
}

// Absolute error of an activation whose argument errs by `bound`: its slope is below 1.13, and the kernels
// promise 1e-6 max(1, |x|) of their own.
inline double activation_bound(sa::Activation activation, double x, double bound) {
  if (activation == sa::Activation::kNone || activation == sa::Activation::kRelu) return bound;
  return 1.13 * bound + 1e-6 * std::max(1.0, std::fabs(x));
}

// A sum of products with its magnitudes: what one element of a matmul is.
struct Sum {
  double value = 0, magnitude = 0;
  void add(double x) {
    value += x;
    magnitude += std::fabs(x);
  }
};

}  // namespace sa_test
