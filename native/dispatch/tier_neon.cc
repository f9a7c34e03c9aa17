#include "dispatch/cpu.h"
#include "dispatch/dispatch.h"
#include "simd/target.h"

#if defined(SA_ARM64)

#include <arm_neon.h>

// Part of every 64-bit ARM CPU: no pragma is needed.
namespace sa {
namespace neon {
#define SA_TIER_NAME "neon"
#define SA_DOTPROD 0
#include "simd/neon.h"
#include "simd/neon_int8.h"
#include "dispatch/kernel_set.inl.h"
#undef SA_DOTPROD
}  // namespace neon
}  // namespace sa

// The 8-bit kernels once more for CPUs with the dot product of ARMv8.2.
SA_BEGIN_TIER_NEON_DOTPROD
namespace sa {
namespace neon_dotprod {
#define SA_DOTPROD 1
#include "simd/neon.h"
#include "simd/neon_int8.h"
#include "dispatch/int8_kernels.inl.h"
}  // namespace neon_dotprod
}  // namespace sa
SA_END_TIER

static const sa::KernelSet* kernels() {
  using namespace sa;
  static const KernelSet set = cpu_has_dotprod() ? neon_dotprod::with_int8_kernels(neon::kSet) : neon::kSet;
  return &set;
}

#else

static const sa::KernelSet* kernels() { return nullptr; }

#endif

namespace sa {

Tier neon_tier() {
  return {"neon", kernels, [] { return kernels() != nullptr; }};
}

}  // namespace sa
