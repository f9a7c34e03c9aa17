// One accessor a tier; null where the tier is not compiled for this processor family.
#pragma once

#include "dispatch/kernel_set.h"

namespace sa {

const KernelSet* scalar_kernels();
const KernelSet* avx2_kernels();
const KernelSet* avx512_kernels();
const KernelSet* neon_kernels();

}  // namespace sa
