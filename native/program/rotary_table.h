// Cosines and sines of rotary positions, shared by the operations that turn rows by them: the `size` leading
// elements of a head turn by frequencies theta^(-2 i / size) / divisor.
#pragma once

#include <cstdint>

#include "runtime/workspace.h"

namespace sa {

struct RotaryTable {
  int64_t size = 0;
  double theta = 10000, divisor = 1;
  AlignedFloats table;  // [positions, size]: cosines, then sines

  // False when memory has run out.
  bool load(int64_t positions);
};

}  // namespace sa
