// Gated linear unit (Shazeer, arXiv 2002.05202), in place: of every row [2 columns] the first half becomes
// activation(first half) * second half; the second half stays.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul/matmul.h"

namespace sa {

struct GluRows {
  int64_t columns = 0;
  float* x = nullptr;  // [rows, 2 columns]
  Activation activation = Activation::kGelu;
};

}  // namespace sa
