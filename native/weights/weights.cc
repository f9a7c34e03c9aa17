#include "weights/weights.h"

#include <algorithm>
#include <cstring>

#include "weights/finite.h"

namespace sa {

namespace {

// Bytes that are on their way to float32 at a time: they and their numbers stay near the core.
constexpr int64_t kBlockBytes = 256 << 10;

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

bool ensure(AlignedFloats* memory, size_t floats) {
  return memory->size() >= floats || memory->allocate(floats);
}

}  // namespace

void convert_floats(const uint8_t* from, int64_t count, DType dtype, float* to) {
  if (dtype == DType::kF32) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
    return;
  }
  for (int64_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, from + 2 * i, sizeof bits);
    to[i] = dtype == DType::kF16 ? half_to_float(bits) : from_bits(static_cast<uint32_t>(bits) << 16);
  }
}

bool WeightReader::fail(Failure failure) {
  failure_ = failure;
  return false;
}

bool WeightReader::fetch(const WeightView& from, uint64_t begin, size_t bytes, void* to) {
  problem_ = from.source->read(begin, bytes, to);
  return problem_.empty() || fail(Failure::kSource);
}

bool WeightReader::read_codes(const WeightView& from, float* to) {
  const int64_t columns = from.rows > 0 ? from.count / from.rows : 0;
  if (columns == 0) return true;
  const int64_t block = std::max<int64_t>(1, kBlockBytes / columns);
  const size_t scale_floats = static_cast<size_t>(from.rows);
  const size_t code_floats = (static_cast<size_t>(std::min(block, from.rows) * columns) + 3) / 4;
  if (!ensure(&bytes_, scale_floats + code_floats)) return fail(Failure::kMemory);
  float* scales = bytes_.data();
  int8_t* codes = reinterpret_cast<int8_t*>(scales + scale_floats);
  if (!fetch(from, from.scales_begin, scale_floats * sizeof(float), scales)) return false;
  for (int64_t row = 0; row < from.rows; row += block) {
    const int64_t rows = std::min(block, from.rows - row);
    const size_t bytes = static_cast<size_t>(rows * columns);
    if (!fetch(from, from.begin + static_cast<uint64_t>(row * columns), bytes, codes)) return false;
    for (int64_t r = 0; r < rows; ++r) {
      const float scale = scales[row + r];
      float* out = to + (row + r) * columns;
      for (int64_t j = 0; j < columns; ++j) out[j] = scale * static_cast<float>(codes[r * columns + j]);
    }
  }
  return true;
}

bool WeightReader::read(const WeightView& from, float* to) {
  if (failure_ != Failure::kNone) return false;
  if (from.dtype == DType::kI8) {
    if (!read_codes(from, to)) return false;
  } else if (from.dtype == DType::kF32) {
    if (!fetch(from, from.begin, static_cast<size_t>(from.count) * sizeof(float), to)) return false;
  } else {
    const int64_t block = kBlockBytes / 2;
    if (!ensure(&bytes_, kBlockBytes / sizeof(float))) return fail(Failure::kMemory);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(bytes_.data());
    for (int64_t at = 0; at < from.count; at += block) {
      const int64_t count = std::min(block, from.count - at);
      if (!fetch(from, from.begin + static_cast<uint64_t>(2 * at), static_cast<size_t>(2 * count), bytes)) {
        return false;
      }
      convert_floats(bytes, count, from.dtype, to + at);
    }
  }
  if (all_finite(to, from.count)) return true;
  culprit_ = from;
  return fail(Failure::kNotFinite);
}

bool WeightReader::read(const WeightView& from, AlignedFloats* to) {
  if (failure_ != Failure::kNone) return false;
  if (!from.present()) return true;
  if (!to->allocate(static_cast<size_t>(from.count))) return fail(Failure::kMemory);
  return read(from, to->data());
}

bool WeightReader::read_scales(const WeightView& from, AlignedFloats* to) {
  if (failure_ != Failure::kNone) return false;
  if (!to->allocate(static_cast<size_t>(from.rows))) return fail(Failure::kMemory);
  return fetch(from, from.scales_begin, to->size() * sizeof(float), to->data());
}

const float* WeightReader::read(const WeightView& from) {
  if (failure_ != Failure::kNone) return nullptr;
  if (!ensure(&floats_, static_cast<size_t>(from.count))) {
    fail(Failure::kMemory);
    return nullptr;
  }
  return read(from, floats_.data()) ? floats_.data() : nullptr;
}

}  // namespace sa
