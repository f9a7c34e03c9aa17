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
#include "simd/math.h"
#include "kernels/matmul/tiling.inl.h"
#include "kernels/matmul/epilogue.inl.h"
#include "kernels/int8/int8.inl.h"
}  // namespace avx512_vnni_simde
}  // namespace sa

namespace sa_test {

namespace {

sa::KernelSet with_vnni() {
  sa::KernelSet set = sa::avx512_simde::kSet;
  set.int8_method = sa::avx512_vnni_simde::kInt8Method;
  set.int8_rows = sa::avx512_vnni_simde::kInt8Rows;
  set.int8_packed_size = sa::avx512_vnni_simde::int8_packed_size;
  set.int8_pack = sa::avx512_vnni_simde::int8_pack;
  set.int8_quantize_rows = sa::avx512_vnni_simde::int8_quantize_rows;
  set.int8_block = sa::avx512_vnni_simde::int8_block;
  return set;
}

}  // namespace

std::vector<TestedTier> tested_tiers() {
  static const sa::KernelSet vnni = with_vnni();
  const bool runs = sa::cpu_has_avx2_fma();
  const char* skipped = "SIMDe is compiled for AVX2 here";
  return {{"avx512", runs ? &sa::avx512_simde::kSet : nullptr, skipped, ""},
          {"avx512 vnni", runs ? &vnni : nullptr, skipped, "int8"}};
}

}  // namespace sa_test
