#include "dispatch/tiers.h"
#include "simd/target.h"

#if defined(SA_ARM64)

#include <arm_neon.h>

// Part of every 64-bit ARM CPU: no pragma is needed.
namespace sa {
namespace neon {
#define SA_TIER_NAME "neon"
#include "simd/neon.h"
#include "dispatch/kernel_set.inl.h"
}  // namespace neon
}  // namespace sa

const sa::KernelSet* sa::neon_kernels() { return &sa::neon::kSet; }

#else

const sa::KernelSet* sa::neon_kernels() { return nullptr; }

#endif
