// A linear layer y = x W^T + b with packed weights, in float32 or in 8 bits.
#pragma once

#include <cstdint>

#include "dispatch/kernel_set.h"
#include "weights/weights.h"

namespace sa {

// Rows of a torch.nn.Linear: weight [out, in], bias [out] or absent.
struct LinearView {
  WeightView weight, bias;
  int64_t out = 0;
};

class Linear {
 public:
  // Stacks `parts` along their outputs. `quantize` keeps 8 bits a weight (kernels/int8/int8.h) and makes
  // run() quantise the rows of x too. False: see the reader, or memory has run out.
  bool pack(const KernelSet& kernels, WeightReader* reader, int64_t in, const LinearView* parts, int count,
            bool quantize);

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }
  size_t bytes() const { return (panels_.size() + codes_.size() + bias_.size()) * sizeof(float); }

  // y [rows, out] = activation(x W^T + b) + residual; rows of x stand x_stride floats apart. False when
  // memory has run out. y must not overlap x or the residual.
  bool run(const KernelSet& kernels, const float* x, int64_t x_stride, int64_t rows, float* y,
           Activation activation = Activation::kNone, const float* residual = nullptr) const;

 private:
  Int8Panels int8_panels() const;
  bool allocate(const KernelSet& kernels, bool quantize);
  void pack_rows(const KernelSet& kernels, const float* weights, int64_t row, int64_t rows);

  int64_t in_ = 0, out_ = 0;
  AlignedFloats panels_;
  AlignedFloats codes_;  // 8-bit panels, sums and scales, one behind the other
  size_t code_floats_ = 0, padded_ = 0;
  AlignedFloats bias_;
};

}  // namespace sa
