// The AVX-512 tier through SIMDe, compiled for AVX2: the same algorithms over the same primitives, on CPUs
// that the tier itself does not run on. native/dispatch/tier_avx512.cc without its pragma.
#include "conformance/simde_avx512.h"

#include "conformance/tested_tiers.h"
#include "dispatch/cpu.h"
#include "simd/target.h"

namespace sa {
namespace avx512_simde {
#define SA_TIER_NAME "avx512"
#include "simd/avx512.h"
#include "dispatch/kernel_set.inl.h"
}  // namespace avx512_simde
}  // namespace sa

namespace sa_test {

std::vector<TestedTier> tested_tiers() {
  const bool runs = sa::cpu_has_avx2_fma();
  return {{"avx512", runs ? &sa::avx512_simde::kSet : nullptr, "SIMDe is compiled for AVX2 here"}};
}

}  // namespace sa_test
