#include "dispatch/cpu.h"
#include "dispatch/tiers.h"
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
#include "simd/math.h"
#include "kernels/matmul/tiling.inl.h"
#include "kernels/matmul/epilogue.inl.h"
#include "kernels/int8/int8.inl.h"
}  // namespace neon_dotprod
}  // namespace sa
SA_END_TIER

namespace {

sa::KernelSet with_dotprod() {
  sa::KernelSet set = sa::neon::kSet;
  set.int8_method = sa::neon_dotprod::kInt8Method;
  set.int8_rows = sa::neon_dotprod::kInt8Rows;
  set.int8_packed_size = sa::neon_dotprod::int8_packed_size;
  set.int8_pack = sa::neon_dotprod::int8_pack;
  set.int8_quantize_rows = sa::neon_dotprod::int8_quantize_rows;
  set.int8_block = sa::neon_dotprod::int8_block;
  return set;
}

}  // namespace

const sa::KernelSet* sa::neon_kernels() {
  static const KernelSet set = cpu_has_dotprod() ? with_dotprod() : neon::kSet;
  return &set;
}

#else

const sa::KernelSet* sa::neon_kernels() { return nullptr; }

#endif
