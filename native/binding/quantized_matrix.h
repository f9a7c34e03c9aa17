// QuantizedMatrix: weights [k, n] as 8-bit numbers with a scale a column, in the panels of the int8 kernel.
#pragma once

#include "binding/handle.h"
#include "kernels/int8/int8.h"
#include "runtime/workspace.h"

namespace sa {

struct QuantizedPanels {
  int64_t k = 0, n = 0;
  AlignedFloats memory;
  Int8Panels panels;  // inside of `memory`

  size_t bytes() const { return memory.size() * sizeof(float); }
};

class QuantizedMatrix : public Handle<QuantizedMatrix, QuantizedPanels> {
 public:
  static constexpr napi_type_tag kTag = {0x73796e7468617474, 0x7175616e74697a65};
  static constexpr const char* kName = "QuantizedMatrix";

  explicit QuantizedMatrix(const Napi::CallbackInfo& info);
};

}  // namespace sa
