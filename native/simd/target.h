// Compiles what stands between SA_BEGIN_TIER and SA_END_TIER for one instruction set, whatever the flags of
// the translation unit. A pragma and not a compiler flag: with -mavx2 on a whole file, an inline function of
// the standard library could be emitted with AVX2 code and picked by the linker for callers on older CPUs.
// Headers of the standard library therefore come before SA_BEGIN_TIER.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__x86_64__) || defined(_M_X64)
#define SA_X86_64 1
#endif
#if defined(__aarch64__) || defined(_M_ARM64)
#define SA_ARM64 1
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define SA_INLINE static __forceinline
#define SA_NOINLINE static __declspec(noinline)
#define SA_RESTRICT __restrict
#define SA_PREFETCH(p) ((void)(p))
#define SA_UNROLL
#define SA_BEGIN_TIER_AVX2
#define SA_BEGIN_TIER_AVX512
#define SA_BEGIN_TIER_AVX512_VNNI
#define SA_BEGIN_TIER_NEON_DOTPROD
#define SA_END_TIER
#elif defined(__clang__)
#define SA_UNROLL _Pragma("unroll")
#define SA_INLINE static inline __attribute__((always_inline))
#define SA_NOINLINE static __attribute__((noinline))
#define SA_RESTRICT __restrict__
#define SA_PREFETCH(p) __builtin_prefetch(p)
#define SA_PRAGMA(x) _Pragma(#x)
#define SA_TARGET(features) \
  SA_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define SA_END_TIER _Pragma("clang attribute pop")
#else
#define SA_UNROLL _Pragma("GCC unroll 16")
#define SA_INLINE static inline __attribute__((always_inline))
#define SA_NOINLINE static __attribute__((noinline))
#define SA_RESTRICT __restrict__
#define SA_PREFETCH(p) __builtin_prefetch(p)
#define SA_PRAGMA(x) _Pragma(#x)
#define SA_TARGET(features) _Pragma("GCC push_options") SA_PRAGMA(GCC target(features))
#define SA_END_TIER _Pragma("GCC pop_options")
// Its AVX-512 headers name registers whose contents do not matter in a way that its own warning mistakes for
// a use of uninitialised variables (GCC bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

// Hides from the compiler where the value of the pointer `p` comes from.
#if defined(SA_TARGET)
#define SA_UNRELATED(p) __asm__("" : "+r"(p))
#else
#define SA_UNRELATED(p) ((void)0)
#endif
// A vector or float `x` is made here, before the next such mark: kept from interleaving many chains, a
// compiler needs fewer registers.
#if defined(SA_X86_64) && defined(SA_TARGET)
#define SA_KEEP_ORDER(x) __asm__ volatile("" : "+v"(x))
#elif defined(SA_ARM64) && defined(SA_TARGET)
#define SA_KEEP_ORDER(x) __asm__ volatile("" : "+w"(x))
#else
#define SA_KEEP_ORDER(x) ((void)0)
#endif

#if defined(SA_TARGET)
#define SA_BEGIN_TIER_AVX2 SA_TARGET("avx2,fma,f16c")
#define SA_BEGIN_TIER_AVX512 SA_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")
#define SA_BEGIN_TIER_AVX512_VNNI SA_TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c")
#if defined(__clang__)
#define SA_BEGIN_TIER_NEON_DOTPROD SA_TARGET("dotprod")
#else
#define SA_BEGIN_TIER_NEON_DOTPROD SA_TARGET("arch=armv8.2-a+dotprod")
#endif
#endif
