// One function of every element: out = op(x). out may equal x. NaN gives NaN.
//
// Against the exact value: neg, abs, square, relu, relu6, leakyRelu, step, clip, sqrt, reciprocal round once
// (selu and rsqrt twice more); exp <= 2 ULP (0 where the result is below 2^-126), log <= 2, log1p <= 4,
// elu <= 3, tanh <= 4, erf <= 3, sigmoid <= 5 half ULPs; gelu within 1e-6 max(1, |x|).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

enum class UnaryOp {
  kNeg,
  kAbs,
  kExp,
  kLog,
  kLog1p,
  kSqrt,
  kRsqrt,
  kSquare,
  kReciprocal,
  kRelu,
  kRelu6,
  kLeakyRelu,  // x < 0 ? alpha x : x
  kElu,
  kSelu,
  kSigmoid,
  kTanh,
  kErf,
  kStep,  // x > 0 ? 1 : alpha
  kGelu,
  kGeluTanh,
  kClip,  // held in [alpha, beta]
};
inline constexpr int kUnaryOps = 21;

struct UnaryElements {
  UnaryOp op = UnaryOp::kNeg;
  int64_t size = 0;
  const float* x = nullptr;
  float* out = nullptr;
  float alpha = 0.0f, beta = 0.0f;
};

}  // namespace sa
