// Rotary position embedding (Su et al., arXiv 2104.09864), in place, halves form: of every head the elements
// j and j + half, j < half, turn by the angle position * theta^(-j / half); what lies behind the first 2 half
// stays.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct RotaryRows {
  int64_t heads = 0, size = 0;  // heads of `size` elements lie side by side in a row
  int64_t half = 0;             // 2 half <= size
  float* x = nullptr;
  ptrdiff_t stride = 0;                // from row to row
  const int32_t* positions = nullptr;  // [rows]
  const float* table = nullptr;        // [positions, 2 half]: cosines, then sines
};

}  // namespace sa
