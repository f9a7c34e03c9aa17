// A matrix and a bias for every head, or one for all of them: x(h) W(h) + b(h).
#pragma once

#include "dispatch/kernel_set.h"
#include "weights/fields.h"

namespace sa {

class HeadMaps {
 public:
  // `output` W [maps, depth, columns], `bias` [maps, columns] or absent, `shared`: one map for all heads.
  void read(Fields& fields, int64_t heads, int64_t depth, int64_t columns);
  // False: see the reader, or memory has run out.
  bool load(const KernelSet& kernels, WeightReader* reader);

  int64_t depth() const { return depth_; }
  int64_t columns() const { return columns_; }
  const float* panels() const { return panels_.data(); }
  const float* bias() const { return bias_.data(); }
  // From head to head; 0 where all have one.
  ptrdiff_t panel_stride() const { return panel_stride_; }
  ptrdiff_t bias_stride() const { return bias_stride_; }
  size_t bytes() const { return (panels_.size() + bias_.size()) * sizeof(float); }

 private:
  int64_t maps_ = 0, depth_ = 0, columns_ = 0;
  ptrdiff_t panel_stride_ = 0, bias_stride_ = 0;
  WeightView output_, bias_view_;
  AlignedFloats panels_, bias_;
};

}  // namespace sa
