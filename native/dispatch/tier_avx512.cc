#include "dispatch/cpu.h"
#include "dispatch/tiers.h"
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
#include "simd/math.h"
#include "kernels/matmul/tiling.inl.h"
#include "kernels/matmul/epilogue.inl.h"
#include "kernels/int8/int8.inl.h"
}  // namespace avx512_vnni
}  // namespace sa
SA_END_TIER

namespace {

sa::KernelSet with_vnni() {
  sa::KernelSet set = sa::avx512::kSet;
  set.int8_method = sa::avx512_vnni::kInt8Method;
  set.int8_rows = sa::avx512_vnni::kInt8Rows;
  set.int8_packed_size = sa::avx512_vnni::int8_packed_size;
  set.int8_pack = sa::avx512_vnni::int8_pack;
  set.int8_quantize_rows = sa::avx512_vnni::int8_quantize_rows;
  set.int8_block = sa::avx512_vnni::int8_block;
  return set;
}

}  // namespace

const sa::KernelSet* sa::avx512_kernels() {
  static const KernelSet set = cpu_has_avx512_vnni() ? with_vnni() : avx512::kSet;
  return &set;
}

#else

const sa::KernelSet* sa::avx512_kernels() { return nullptr; }

#endif
