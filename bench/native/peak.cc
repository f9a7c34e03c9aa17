// The peak of multiply-adds, measured with the vectors of the tier that is timed.
#include <chrono>
#include <memory>

#include "bench.h"
#include "simd/target.h"

#if defined(SA_X86_64)
#include <immintrin.h>
#elif defined(SA_ARM64)
#include <arm_neon.h>
#endif

namespace bench {

static double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

namespace scalar {
#include "simd/scalar.h"
#include "peak.inl.h"
}  // namespace scalar

#if defined(SA_X86_64)
SA_BEGIN_TIER_AVX2
namespace avx2 {
#include "simd/avx2.h"
#include "peak.inl.h"
}  // namespace avx2
SA_END_TIER
SA_BEGIN_TIER_AVX512
namespace avx512 {
#include "simd/avx512.h"
#include "peak.inl.h"
}  // namespace avx512
SA_END_TIER
#elif defined(SA_ARM64)
namespace neon {
#include "simd/neon.h"
#include "peak.inl.h"
}  // namespace neon
#endif

double fma_peak(const std::string& tier) {
#if defined(SA_X86_64)
  if (tier == "avx2") return avx2::measure_peak();
  if (tier == "avx512") return avx512::measure_peak();
#elif defined(SA_ARM64)
  if (tier == "neon") return neon::measure_peak();
#endif
  return tier == "scalar" ? scalar::measure_peak() : 0;
}

}  // namespace bench
