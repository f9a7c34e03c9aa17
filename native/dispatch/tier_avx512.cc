#include "dispatch/cpu.h"
#include "dispatch/dispatch.h"
#include "simd/target.h"

#if defined(SA_X86_64)

#include <immintrin.h>

SA_BEGIN_TIER_AVX512
namespace sa {
namespace avx512 {
#define SA_TIER_NAME "avx512"
#define SA_VNNI 0
#include "simd/avx512.h"
#include "simd/avx512_int8.h"
#include "dispatch/kernel_set.inl.h"
#undef SA_VNNI
}  // namespace avx512
}  // namespace sa
SA_END_TIER

// The 8-bit kernels once more for CPUs that multiply and add 8-bit numbers in one instruction.
SA_BEGIN_TIER_AVX512_VNNI
namespace sa {
namespace avx512_vnni {
#define SA_VNNI 1
#include "simd/avx512.h"
#include "simd/avx512_int8.h"
#include "dispatch/int8_kernels.inl.h"
}  // namespace avx512_vnni
}  // namespace sa
SA_END_TIER

static const sa::KernelSet* kernels() {
  using namespace sa;
  static const KernelSet set =
      cpu_has_avx512_vnni() ? avx512_vnni::with_int8_kernels(avx512::kSet) : avx512::kSet;
  return &set;
}

#else

static const sa::KernelSet* kernels() { return nullptr; }

#endif

namespace sa {

Tier avx512_tier() { return {"avx512", kernels, cpu_has_avx512}; }

}  // namespace sa
