// Views of a model's tensors as they lie in a mapped file, and their way into packed float32.
#pragma once

#include <cstdint>
#include <cstddef>

#include "dispatch/kernel_set.h"
#include "runtime/workspace.h"

namespace sa {

enum class DType : int32_t { kF32 = 0, kF16 = 1, kBF16 = 2 };

inline size_t dtype_size(DType dtype) { return dtype == DType::kF32 ? 4 : 2; }

// `count` elements at `data`, which may be unaligned. The range has been checked by the caller.
struct WeightView {
  const uint8_t* data = nullptr;
  int64_t count = 0;
  DType dtype = DType::kF32;
};

void convert_weights(const WeightView& from, float* to);

// float32 copy; false when memory has run out.
bool copy_weights(const WeightView& from, AlignedFloats* to);

// A linear layer's weights, packed: y = x W^T + b for `parts` [out, in] matrices stacked along their outputs.
struct PackedLinear {
  int64_t in = 0, out = 0;
  AlignedFloats panels;
  AlignedFloats bias;

  bool pack(const KernelSet& kernels, int64_t in, int64_t out_each, const WeightView* weights,
            const WeightView* biases, int parts);
};

}  // namespace sa
