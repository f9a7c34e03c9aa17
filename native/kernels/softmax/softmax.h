// softmax over the last axis: y = exp(scale x - max) / sum, row by row.
//
// Promised: finite for any finite x and scale, overflow of scale * x included; a row whose positions are all
// masked (or -infinity) gives zeros, never NaN; weights of masked positions are exactly 0. x may equal y.
// A NaN at an unmasked position makes the unmasked part of its row NaN.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct SoftmaxRows {
  int64_t rows = 0, columns = 0;
  const float* x = nullptr;  // [rows, columns], contiguous
  float* y = nullptr;        // [rows, columns], contiguous
  float scale = 1.0f;
  const uint8_t* mask = nullptr;  // [mask_rows, columns], not 0 = attend; row r uses mask row r % mask_rows
  int64_t mask_rows = 0;
  bool causal = false;  // row r of x is query position r % causal_rows and sees columns <= that
  int64_t causal_rows = 0;
};

}  // namespace sa
