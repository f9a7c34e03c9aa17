// PackedMatrix: weights in the panels of the matmul kernel, made once and used by many calls. `count`
// matrices (one a head) of [k, n] each.
#pragma once

#include "binding/handle.h"
#include "runtime/workspace.h"

namespace sa {

struct Panels {
  int64_t count = 0, k = 0, n = 0;
  size_t each = 0;  // floats a matrix
  AlignedFloats data;

  size_t bytes() const { return data.size() * sizeof(float); }
};

class PackedMatrix : public Handle<PackedMatrix, Panels> {
 public:
  static constexpr napi_type_tag kTag = {0x73796e7468617474, 0x7061636b65646d78};
  static constexpr const char* kName = "PackedMatrix";

  explicit PackedMatrix(const Napi::CallbackInfo& info);
};

}  // namespace sa
