// Whether numbers are numbers: neither NaN nor infinite.
#pragma once

#include <cstdint>
#include <cstring>

namespace sa {

// The exponents alone tell, so that compilers vectorise it for any instruction set: an exponent of all ones
// carries into the sign.
inline bool all_finite(const float* x, int64_t n) {
  constexpr int64_t kBlock = 16;
  uint32_t seen[kBlock] = {};
  int64_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    uint32_t bits[kBlock];
    std::memcpy(bits, x + i, sizeof bits);
    for (int64_t j = 0; j < kBlock; ++j) seen[j] |= (bits[j] & 0x7F800000u) + 0x00800000u;
  }
  for (; i < n; ++i) {
    uint32_t bits;
    std::memcpy(&bits, x + i, sizeof bits);
    seen[0] |= (bits & 0x7F800000u) + 0x00800000u;
  }
  uint32_t any = 0;
  for (const uint32_t lane : seen) any |= lane;
  return any >> 31 == 0;
}

}  // namespace sa
