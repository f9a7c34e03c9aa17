// Layer normalisation with its learnt scale and shift.
#pragma once

#include "dispatch/run.h"
#include "encoder/weights.h"

namespace sa {

// gamma, beta: [columns]; an absent beta shifts nothing, an absent gamma is no normalisation at all.
struct NormView {
  WeightView gamma, beta;
};

class Norm {
 public:
  // False: see the reader.
  bool load(WeightReader* reader, const NormView& from) {
    return reader->read(from.gamma, &gamma_) && reader->read(from.beta, &beta_);
  }

  bool present() const { return gamma_.data() != nullptr; }
  size_t bytes() const { return (gamma_.size() + beta_.size()) * sizeof(float); }

  // [rows, columns]; y may equal x.
  void run(const KernelSet& kernels, const float* x, int64_t rows, float epsilon, float* y) const {
    const int64_t columns = static_cast<int64_t>(gamma_.size());
    run_layer_norm(kernels, {rows, columns, x, y, gamma_.data(), beta_.data(), epsilon});
  }

 private:
  AlignedFloats gamma_, beta_;
};

}  // namespace sa
