#include "weights/head_maps.h"

#include "schedule/run.h"

namespace sa {

void HeadMaps::read(Fields& fields, int64_t heads, int64_t depth, int64_t columns) {
  maps_ = fields.flag("shared") ? 1 : heads;
  depth_ = depth;
  columns_ = columns;
  fields.tensor("output", maps_ * depth, columns, &output_);
  fields.optional_tensor("bias", maps_, columns, &bias_view_);
}

bool HeadMaps::load(const KernelSet& kernels, WeightReader* reader) {
  AlignedFloats dense;
  if (!reader->read(output_, &dense) || !reader->read(bias_view_, &bias_)) return false;
  const size_t panels = kernels.packed_size(depth_, columns_);
  if (!panels_.allocate(panels * static_cast<size_t>(maps_))) return false;
  for (int64_t map = 0; map < maps_; ++map) {
    run_pack(kernels, {dense.data() + map * depth_ * columns_, columns_, 1}, depth_, columns_,
             panels_.data() + static_cast<size_t>(map) * panels);
  }
  panel_stride_ = maps_ > 1 ? static_cast<ptrdiff_t>(panels) : 0;
  bias_stride_ = maps_ > 1 && bias_.data() != nullptr ? columns_ : 0;
  return true;
}

}  // namespace sa
