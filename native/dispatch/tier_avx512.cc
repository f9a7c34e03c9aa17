#include "dispatch/tiers.h"
#include "simd/target.h"

#if defined(SA_X86_64)

#include <immintrin.h>

SA_BEGIN_TIER_AVX512
namespace sa {
namespace avx512 {
#define SA_TIER_NAME "avx512"
#include "simd/avx512.h"
#include "dispatch/kernel_set.inl.h"
}  // namespace avx512
}  // namespace sa
SA_END_TIER

const sa::KernelSet* sa::avx512_kernels() { return &sa::avx512::kSet; }

#else

const sa::KernelSet* sa::avx512_kernels() { return nullptr; }

#endif
