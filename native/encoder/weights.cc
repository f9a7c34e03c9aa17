#include "encoder/weights.h"

#include <cstring>

#include "dispatch/run.h"

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

void convert_weights(const WeightView& from, float* to) {
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
  if (!to->allocate(static_cast<size_t>(from.count))) return false;
  convert_weights(from, to->data());
  return true;
}

bool PackedLinear::pack(const KernelSet& kernels, int64_t in_size, int64_t out_each,
                        const WeightView* weights, const WeightView* biases, int parts) {
  in = in_size;
  out = out_each * parts;
  AlignedFloats stacked;
  if (!stacked.allocate(static_cast<size_t>(in * out)) || !panels.allocate(kernels.packed_size(in, out)) ||
      !bias.allocate(static_cast<size_t>(out))) {
    return false;
  }
  for (int i = 0; i < parts; ++i) {
    convert_weights(weights[i], stacked.data() + i * out_each * in);
    convert_weights(biases[i], bias.data() + i * out_each);
  }
  run_pack(kernels, {stacked.data(), 1, in}, in, out, panels.data());
  return true;
}

}  // namespace sa
