#include "dispatch/cpu.h"
#include "dispatch/dispatch.h"
#include "simd/target.h"

#if defined(SA_X86_64)

#include <immintrin.h>

SA_BEGIN_TIER_AVX2
namespace sa {
namespace avx2 {
#define SA_TIER_NAME "avx2"
#include "simd/avx2.h"
#include "simd/avx2_int8.h"
#include "dispatch/kernel_set.inl.h"
}  // namespace avx2
}  // namespace sa
SA_END_TIER

static const sa::KernelSet* kernels() { return &sa::avx2::kSet; }

#else

static const sa::KernelSet* kernels() { return nullptr; }

#endif

namespace sa {

Tier avx2_tier() { return {"avx2", kernels, cpu_has_avx2_fma}; }

}  // namespace sa
