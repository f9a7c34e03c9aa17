// One function of two elements: out = op(a, b), operands by strides. NaN in either operand gives NaN
// (prelu: in b only where b is used).
// out may equal an operand that is contiguous of its shape. Of two zeros, maximum and minimum give either.
//
// Add, sub, mul, div, maximum, minimum and stepMul round once at most, squaredDifference, prelu, tanhGrad,
// sigmoidGrad and eluGrad once an arithmetic operation; geluGrad and geluTanhGrad are within 2e-6 |b|.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMaximum,
  kMinimum,
  kSquaredDifference,
  kPrelu,        // a < 0 ? a b : a
  kStepMul,      // a > 0 ? b : 0
  kTanhGrad,     // b (1 - a^2), a = tanh(x)
  kSigmoidGrad,  // b a (1 - a), a = sigmoid(x)
  kEluGrad,      // a >= 0 ? b : b (a + 1), a = elu(x)
  kGeluGrad,     // b gelu'(a)
  kGeluTanhGrad,
};
inline constexpr int kBinaryOps = 14;

struct BinaryElements {
  BinaryOp op = BinaryOp::kAdd;
  int64_t shape[4] = {1, 1, 1, 1};  // of out, contiguous
  const float* a = nullptr;
  ptrdiff_t a_strides[4] = {0, 0, 0, 0};  // in elements; 0 broadcasts
  const float* b = nullptr;
  ptrdiff_t b_strides[4] = {0, 0, 0, 0};
  float* out = nullptr;

  // 0 where an axis is: the product of the others may not fit in 64 bits.
  int64_t size() const {
    for (const int64_t axis : shape) {
      if (axis == 0) return 0;
    }
    return shape[0] * shape[1] * shape[2] * shape[3];
  }
};

}  // namespace sa
