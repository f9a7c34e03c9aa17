// AVX-512 intrinsics by SIMDe, on a CPU that has only AVX2; and those that its releases lack (0.7.4 is what
// Debian 12 has), in plain loops. A masked access touches the lanes of its mask and no others, as in
// hardware.
#pragma once

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

namespace simde_missing {

inline __m512i cvtps_epi32(__m512 a) {
  const simde__m512_private from = simde__m512_to_private(a);
  simde__m512i_private to;
  // To the nearest integer, ties to even.
  for (int i = 0; i < 16; ++i) to.i32[i] = static_cast<int32_t>(__builtin_rintf(from.f32[i]));
  return simde__m512i_from_private(to);
}

inline __m512 maskz_loadu_ps(__mmask16 mask, const void* p) {
  simde__m512_private to;
  for (int i = 0; i < 16; ++i) to.f32[i] = (mask >> i & 1) != 0 ? static_cast<const float*>(p)[i] : 0.0f;
  return simde__m512_from_private(to);
}

inline void mask_storeu_ps(void* p, __mmask16 mask, __m512 a) {
  const simde__m512_private from = simde__m512_to_private(a);
  for (int i = 0; i < 16; ++i) {
    if ((mask >> i & 1) != 0) static_cast<float*>(p)[i] = from.f32[i];
  }
}

// In the order of the hardware's sequence: halves onto each other.
inline float reduce_add_ps(__m512 a) {
  simde__m512_private x = simde__m512_to_private(a);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) x.f32[i] += x.f32[i + half];
  }
  return x.f32[0];
}

inline float reduce_max_ps(__m512 a) {
  simde__m512_private x = simde__m512_to_private(a);
  for (int half = 8; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) x.f32[i] = x.f32[i] > x.f32[i + half] ? x.f32[i] : x.f32[i + half];
  }
  return x.f32[0];
}

inline __m512 shuffle_f32x4(__m512 a, __m512 b, int control) {
  const simde__m512_private x = simde__m512_to_private(a), y = simde__m512_to_private(b);
  simde__m512_private to;
  for (int i = 0; i < 16; ++i) {
    const int from = (control >> (i / 4 * 2) & 3) * 4 + i % 4;
    to.f32[i] = i < 8 ? x.f32[from] : y.f32[from];
  }
  return simde__m512_from_private(to);
}

inline __m128i maskz_loadu_epi8(__mmask16 mask, const void* p) {
  simde__m128i_private to;
  for (int i = 0; i < 16; ++i) to.u8[i] = (mask >> i & 1) != 0 ? static_cast<const uint8_t*>(p)[i] : 0;
  return simde__m128i_from_private(to);
}

inline __mmask16 test_epi8_mask(__m128i a, __m128i b) {
  const simde__m128i_private x = simde__m128i_to_private(a), y = simde__m128i_to_private(b);
  unsigned mask = 0;
  for (int i = 0; i < 16; ++i) mask |= (x.u8[i] & y.u8[i]) != 0 ? 1u << i : 0u;
  return static_cast<__mmask16>(mask);
}

inline __m512 cvtepi32_ps(__m512i a) {
  const simde__m512i_private from = simde__m512i_to_private(a);
  simde__m512_private to;
  for (int i = 0; i < 16; ++i) to.f32[i] = static_cast<float>(from.i32[i]);
  return simde__m512_from_private(to);
}

inline __m512i srai_epi32(__m512i a, unsigned count) {
  simde__m512i_private x = simde__m512i_to_private(a);
  for (int i = 0; i < 16; ++i) x.i32[i] >>= count;
  return simde__m512i_from_private(x);
}

// The low bytes.
inline __m128i cvtepi32_epi8(__m512i a) {
  const simde__m512i_private from = simde__m512i_to_private(a);
  simde__m128i_private to;
  for (int i = 0; i < 16; ++i) to.i8[i] = static_cast<int8_t>(from.i32[i]);
  return simde__m128i_from_private(to);
}

inline void mask_storeu_epi8(void* p, __mmask16 mask, __m128i a) {
  const simde__m128i_private from = simde__m128i_to_private(a);
  for (int i = 0; i < 16; ++i) {
    if ((mask >> i & 1) != 0) static_cast<int8_t*>(p)[i] = from.i8[i];
  }
}

}  // namespace simde_missing

#if !defined(_mm512_cvtps_epi32)
#define _mm512_cvtps_epi32(a) simde_missing::cvtps_epi32(a)
#endif
#if !defined(_mm512_maskz_loadu_ps)
#define _mm512_maskz_loadu_ps(mask, p) simde_missing::maskz_loadu_ps(mask, p)
#endif
#if !defined(_mm512_mask_storeu_ps)
#define _mm512_mask_storeu_ps(p, mask, a) simde_missing::mask_storeu_ps(p, mask, a)
#endif
#if !defined(_mm512_reduce_add_ps)
#define _mm512_reduce_add_ps(a) simde_missing::reduce_add_ps(a)
#endif
#if !defined(_mm512_reduce_max_ps)
#define _mm512_reduce_max_ps(a) simde_missing::reduce_max_ps(a)
#endif
// With GCC's optimisation off, its own headers define this one as a macro.
#undef _mm512_shuffle_f32x4
#define _mm512_shuffle_f32x4(a, b, control) simde_missing::shuffle_f32x4(a, b, control)
// 0.7.4 gives this name four parameters.
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)
#if !defined(_mm512_cvtepi32_ps)
#define _mm512_cvtepi32_ps(a) simde_missing::cvtepi32_ps(a)
#endif
#if !defined(_mm512_srai_epi32)
#define _mm512_srai_epi32(a, count) simde_missing::srai_epi32(a, count)
#endif
#if !defined(_mm512_cvtepi32_epi8)
#define _mm512_cvtepi32_epi8(a) simde_missing::cvtepi32_epi8(a)
#endif
#if !defined(_mm_mask_storeu_epi8)
#define _mm_mask_storeu_epi8(p, mask, a) simde_missing::mask_storeu_epi8(p, mask, a)
#endif
#if !defined(_mm_maskz_loadu_epi8)
#define _mm_maskz_loadu_epi8(mask, p) simde_missing::maskz_loadu_epi8(mask, p)
#endif
#if !defined(_mm_test_epi8_mask)
#define _mm_test_epi8_mask(a, b) simde_missing::test_epi8_mask(a, b)
#endif
