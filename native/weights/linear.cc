#include "weights/linear.h"

#include <algorithm>

#include "schedule/run.h"

namespace sa {

Int8Panels Linear::int8_panels() const {
  float* sums = codes_.data() + code_floats_;
  return {reinterpret_cast<int8_t*>(codes_.data()), reinterpret_cast<int32_t*>(sums), sums + padded_};
}

bool Linear::allocate(const KernelSet& kernels, bool quantize) {
  const size_t width = static_cast<size_t>(kernels.panel_width);
  padded_ = (static_cast<size_t>(out_) + width - 1) / width * width;
  if (!quantize || in_ > kInt8LargestK) return panels_.allocate(kernels.packed_size(in_, out_));
  code_floats_ = (kernels.int8_packed_size(in_, out_) + sizeof(float) - 1) / sizeof(float);
  return codes_.allocate(code_floats_ + 2 * padded_);
}

// Rows [row, row + rows) of the weights, row a multiple of the panel width.
void Linear::pack_rows(const KernelSet& kernels, const float* weights, int64_t row, int64_t rows) {
  const MatrixView columns = {weights, 1, in_};
  if (codes_.data() == nullptr) {
    run_pack(kernels, columns, in_, rows, panels_.data() + row * in_);
    return;
  }
  Int8Panels to = int8_panels();
  to.data += row * int8_column_bytes(in_);
  to.sums += row;
  to.scales += row;
  run_int8_pack(kernels, columns, in_, rows, to);
}

bool Linear::pack(const KernelSet& kernels, WeightReader* reader, int64_t in, const LinearView* parts,
                  int count, bool quantize) {
  in_ = in;
  out_ = 0;
  bool biased = false, whole_panels = true;
  for (int i = 0; i < count; ++i) {
    whole_panels = whole_panels && out_ % kernels.panel_width == 0;
    out_ += parts[i].out;
    biased = biased || parts[i].bias.present();
  }
  if (!allocate(kernels, quantize)) return false;
  if (biased) {
    if (!bias_.allocate(static_cast<size_t>(out_))) return false;
    std::fill(bias_.data(), bias_.data() + out_, 0.0f);
  }
  // Parts that begin inside of a panel have to lie end to end first.
  AlignedFloats stacked;
  if (!whole_panels && !stacked.allocate(static_cast<size_t>(in_ * out_))) return false;
  for (int64_t i = 0, row = 0; i < count; row += parts[i++].out) {
    if (parts[i].bias.present() && !reader->read(parts[i].bias, bias_.data() + row)) return false;
    if (!whole_panels) {
      if (!reader->read(parts[i].weight, stacked.data() + row * in_)) return false;
      continue;
    }
    const float* weights = reader->read(parts[i].weight);
    if (weights == nullptr) return false;
    pack_rows(kernels, weights, row, parts[i].out);
  }
  if (!whole_panels) pack_rows(kernels, stacked.data(), 0, out_);
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
