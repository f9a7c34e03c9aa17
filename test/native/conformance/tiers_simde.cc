// The AVX-512 tier through SIMDe, compiled for AVX2: the same algorithms over the same primitives, on CPUs
// that the tier itself does not run on. native/dispatch/tier_avx512.cc without its pragmas.
#include "conformance/simde_avx512.h"

#include "conformance/tested_tiers.h"
#include "dispatch/cpu.h"
#include "simd/target.h"

// 64 bytes are no register here.
#undef SA_KEEP_ORDER
#define SA_KEEP_ORDER(x) ((void)(x))

namespace sa {
namespace avx512_simde {
#define SA_TIER_NAME "avx512"
#define SA_VNNI 0
#include "simd/avx512.h"
#include "simd/avx512_int8.h"
#include "dispatch/kernel_set.inl.h"
#undef SA_VNNI
}  // namespace avx512_simde

namespace avx512_vnni_simde {
#define SA_VNNI 1
#include "simd/avx512.h"
#include "simd/avx512_int8.h"
#include "dispatch/int8_kernels.inl.h"
}  // namespace avx512_vnni_simde
}  // namespace sa

namespace sa_test {

std::vector<TestedTier> tested_tiers() {
  static const sa::KernelSet vnni = sa::avx512_vnni_simde::with_int8_kernels(sa::avx512_simde::kSet);
  const bool runs = sa::cpu_has_avx2_fma();
  const char* skipped = "SIMDe is compiled for AVX2 here";
  return {{"avx512", runs ? &sa::avx512_simde::kSet : nullptr, skipped, ""},
          {"avx512 vnni", runs ? &vnni : nullptr, skipped, "int8"}};
}

}  // namespace sa_test
