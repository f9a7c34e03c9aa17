#include "encoder/linear.h"

#include <algorithm>

#include "dispatch/run.h"

namespace sa {

Int8Panels Linear::int8_panels() const {
  float* sums = codes_.data() + code_floats_;
  return {reinterpret_cast<int8_t*>(codes_.data()), reinterpret_cast<int32_t*>(sums), sums + padded_};
}

bool Linear::pack(const KernelSet& kernels, int64_t in, const LinearView* parts, int count, bool quantize) {
  in_ = in;
  out_ = 0;
  bool biased = false;
  for (int i = 0; i < count; ++i) {
    out_ += parts[i].out;
    biased = biased || parts[i].bias.present();
  }
  AlignedFloats stacked;
  if (!stacked.allocate(static_cast<size_t>(in_ * out_))) return false;
  if (biased) {
    if (!bias_.allocate(static_cast<size_t>(out_))) return false;
    std::fill(bias_.data(), bias_.data() + out_, 0.0f);
  }
  for (int64_t i = 0, row = 0; i < count; row += parts[i++].out) {
    convert_weights(parts[i].weight, stacked.data() + row * in_);
    if (parts[i].bias.present()) convert_weights(parts[i].bias, bias_.data() + row);
  }
  const MatrixView columns = {stacked.data(), 1, in_};
  if (quantize && in_ <= kInt8LargestK) {
    const size_t width = static_cast<size_t>(kernels.panel_width);
    padded_ = (static_cast<size_t>(out_) + width - 1) / width * width;
    code_floats_ = (kernels.int8_packed_size(in_, out_) + sizeof(float) - 1) / sizeof(float);
    if (!codes_.allocate(code_floats_ + 2 * padded_)) return false;
    run_int8_pack(kernels, columns, in_, out_, int8_panels());
    return true;
  }
  if (!panels_.allocate(kernels.packed_size(in_, out_))) return false;
  run_pack(kernels, columns, in_, out_, panels_.data());
  return true;
}

bool Linear::run(const KernelSet& kernels, const float* x, int64_t x_stride, int64_t rows, float* y,
                 Activation activation, const float* residual) const {
  Epilogue epilogue;
  epilogue.bias = bias_.data();
  epilogue.activation = activation;
  epilogue.residual = residual;
  epilogue.residual_stride = out_;
  if (codes_.data() != nullptr) {
    Int8Matmul p;
    p.m = rows;
    p.n = out_;
    p.k = in_;
    p.x = x;
    p.x_stride = x_stride;
    p.b = int8_panels();
    p.c = y;
    p.c_stride = out_;
    p.epilogue = epilogue;
    return run_int8_matmul(kernels, p);
  }
  Matmul p;
  p.m = rows;
  p.n = out_;
  p.k = in_;
  p.a = {x, x_stride, 1};
  p.packed_b = panels_.data();
  p.c = y;
  p.c_stride = out_;
  p.epilogue = epilogue;
  return run_matmul(kernels, p);
}

}  // namespace sa
