// Compiles what stands between SA_BEGIN_TIER and SA_END_TIER for one instruction set, whatever the flags of
// the translation unit. A pragma and not a compiler flag: with -mavx2 on a whole file, an inline function of
// the standard library could be emitted with AVX2 code and picked by the linker for callers on older CPUs.
// Headers of the standard library therefore come before SA_BEGIN_TIER.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) || defined(_M_X64)
#define SA_X86_64 1
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define SA_INLINE static __forceinline
#define SA_RESTRICT __restrict
#define SA_BEGIN_TIER_AVX2
#define SA_END_TIER
#elif defined(__clang__)
#define SA_INLINE static inline __attribute__((always_inline))
#define SA_RESTRICT __restrict__
#define SA_BEGIN_TIER_AVX2 \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,f16c\"))), apply_to = function)")
#define SA_END_TIER _Pragma("clang attribute pop")
#else
#define SA_INLINE static inline __attribute__((always_inline))
#define SA_RESTRICT __restrict__
#define SA_BEGIN_TIER_AVX2 _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma,f16c\")")
#define SA_END_TIER _Pragma("GCC pop_options")
#endif
