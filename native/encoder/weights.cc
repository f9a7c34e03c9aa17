#include "encoder/weights.h"

#include <cstring>

namespace sa {

namespace {

float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu, fraction = half & 0x3FFu;
  if (exponent == 0) {
    // Zero and subnormals: fraction * 2^-24, exact in float32.
    const float magnitude = static_cast<float>(fraction) * 5.9604644775390625e-8f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t widened = exponent == 31 ? 255u : exponent + 112u;
  return from_bits(sign | (widened << 23) | (fraction << 13));
}

}  // namespace

float float_at(const uint8_t* data, int64_t i) {
  float value;
  std::memcpy(&value, data + 4 * i, sizeof value);
  return value;
}

void convert_weights(const WeightView& from, float* to) {
  if (from.dtype == DType::kI8) {
    const int64_t columns = from.rows > 0 ? from.count / from.rows : 0;
    for (int64_t r = 0; r < from.rows; ++r) {
      const float scale = float_at(from.scales, r);
      const int8_t* codes = reinterpret_cast<const int8_t*>(from.data) + r * columns;
      for (int64_t j = 0; j < columns; ++j) to[r * columns + j] = scale * static_cast<float>(codes[j]);
    }
    return;
  }
  if (from.dtype == DType::kF32) {
    std::memcpy(to, from.data, static_cast<size_t>(from.count) * sizeof(float));
    return;
  }
  for (int64_t i = 0; i < from.count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, from.data + 2 * i, sizeof bits);
    to[i] = from.dtype == DType::kF16 ? half_to_float(bits) : from_bits(static_cast<uint32_t>(bits) << 16);
  }
}

bool copy_weights(const WeightView& from, AlignedFloats* to) {
  if (!from.present()) return true;
  if (!to->allocate(static_cast<size_t>(from.count))) return false;
  convert_weights(from, to->data());
  return true;
}

}  // namespace sa
