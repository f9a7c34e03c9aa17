// Views of a model's tensors as they lie in mapped files, and their way to float32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/workspace.h"

namespace sa {

enum class DType : int32_t { kF32 = 0, kF16 = 1, kBF16 = 2, kI8 = 3 };

inline size_t dtype_size(DType dtype) { return dtype == DType::kF32 ? 4 : dtype == DType::kI8 ? 1 : 2; }

// `count` elements at `data`, which may be unaligned. The range has been checked by the caller. An absent
// tensor has no data.
struct WeightView {
  const uint8_t* data = nullptr;
  int64_t count = 0;
  DType dtype = DType::kF32;
  // kI8: a row of count / rows elements is its codes times its scale. [rows] float32, unaligned.
  const uint8_t* scales = nullptr;
  int64_t rows = 0;

  bool present() const { return data != nullptr; }
};

// Element i of unaligned float32 numbers.
float float_at(const uint8_t* data, int64_t i);

void convert_weights(const WeightView& from, float* to);

// float32 copy, empty for an absent tensor; false when memory has run out.
bool copy_weights(const WeightView& from, AlignedFloats* to);

}  // namespace sa
