// Vector primitives, AVX-512 tier (F, BW, DQ, VL): sixteen lanes. See scalar.h for what each one means.

inline constexpr int kLanes = 16;
// 14 x 2 accumulators + 2 vectors of B + 1 broadcast of A = 31 of the 32 registers.
inline constexpr int kMatmulRows = 14;
inline constexpr int kMatmulVectors = 2;

struct Vec {
  __m512 v;
};

SA_INLINE __mmask16 first_lanes(int n) { return static_cast<__mmask16>((1u << n) - 1); }

SA_INLINE Vec vzero() { return {_mm512_setzero_ps()}; }
SA_INLINE Vec vset(float x) { return {_mm512_set1_ps(x)}; }
SA_INLINE Vec vload(const float* p) { return {_mm512_loadu_ps(p)}; }
SA_INLINE void vstore(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
SA_INLINE Vec vload_first(const float* p, int n) { return {_mm512_maskz_loadu_ps(first_lanes(n), p)}; }
SA_INLINE void vstore_first(float* p, Vec a, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), a.v); }
SA_INLINE Vec vadd(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
SA_INLINE Vec vsub(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
SA_INLINE Vec vmul(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
SA_INLINE Vec vdiv(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
SA_INLINE Vec vfma(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
SA_INLINE Vec vmuladd(Vec a, Vec b, Vec c) { return vfma(a, b, c); }
SA_INLINE Vec vfms(Vec a, Vec b, Vec c) { return {_mm512_fmsub_ps(a.v, b.v, c.v)}; }
SA_INLINE Vec vfnma(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
SA_INLINE Vec vmax(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
SA_INLINE Vec vmin(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
SA_INLINE Vec vabs(Vec a) { return {_mm512_abs_ps(a.v)}; }
SA_INLINE Vec vselect_nonnegative(Vec x, Vec a, Vec b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_GE_OQ), b.v, a.v)};
}
SA_INLINE Vec vzero_below(Vec x, Vec limit, Vec a) {
  return {_mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x.v, limit.v, _CMP_NLT_UQ), a.v)};
}
SA_INLINE Vec vselect_less(Vec x, Vec y, Vec a, Vec b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, y.v, _CMP_LT_OQ), b.v, a.v)};
}
SA_INLINE Vec vselect_number(Vec x, Vec a, Vec b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, x.v, _CMP_ORD_Q), b.v, a.v)};
}
SA_INLINE Vec vsplit(Vec x, Vec* exponent) {
  const __m512i half = _mm512_set1_epi32(0x3F3504F3);
  const __m512i bits = _mm512_sub_epi32(_mm512_castps_si512(x.v), half);
  exponent->v = _mm512_cvtepi32_ps(_mm512_srai_epi32(bits, 23));
  const __m512i fraction = _mm512_and_si512(bits, _mm512_set1_epi32(0x007FFFFF));
  return {_mm512_castsi512_ps(_mm512_add_epi32(fraction, half))};
}
SA_INLINE Vec vselect_bytes(const unsigned char* mask, int n, Vec a, Vec b) {
  const __m128i bytes = _mm_maskz_loadu_epi8(first_lanes(n), mask);
  return {_mm512_mask_blend_ps(_mm_test_epi8_mask(bytes, bytes), b.v, a.v)};
}
SA_INLINE Vec vselect_first(int n, Vec a, Vec b) { return {_mm512_mask_blend_ps(first_lanes(n), b.v, a.v)}; }
SA_INLINE Vec vround(Vec a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
SA_INLINE Vec vscale2(Vec a, Vec n) { return {_mm512_scalef_ps(a.v, n.v)}; }
SA_INLINE float vreduce_add(Vec a) { return _mm512_reduce_add_ps(a.v); }
SA_INLINE float vreduce_max(Vec a) { return _mm512_reduce_max_ps(a.v); }
SA_INLINE Vec vsqrt(Vec a) { return {_mm512_sqrt_ps(a.v)}; }

SA_INLINE void vtranspose(const float* src, ptrdiff_t src_stride, int rows, float* dst,
                          ptrdiff_t dst_stride) {
  __m512 r[16], t[16];
  for (int i = 0; i < 16; ++i) r[i] = i < rows ? _mm512_loadu_ps(src + i * src_stride) : _mm512_setzero_ps();
  // 4 x 4 blocks inside of the 128-bit lanes, then the lanes among themselves.
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xEE);
    r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
  }
  for (int i = 0; i < 4; ++i) {
    const __m512 a = _mm512_shuffle_f32x4(r[i], r[i + 4], 0x88),
                 b = _mm512_shuffle_f32x4(r[i], r[i + 4], 0xDD);
    const __m512 c = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0x88),
                 d = _mm512_shuffle_f32x4(r[i + 8], r[i + 12], 0xDD);
    t[i] = _mm512_shuffle_f32x4(a, c, 0x88);
    t[i + 4] = _mm512_shuffle_f32x4(b, d, 0x88);
    t[i + 8] = _mm512_shuffle_f32x4(a, c, 0xDD);
    t[i + 12] = _mm512_shuffle_f32x4(b, d, 0xDD);
  }
  // In ascending order: a row's surplus is overwritten by the next row where they overlap.
  for (int i = 0; i < 16; ++i) _mm512_storeu_ps(dst + i * dst_stride, t[i]);
}
