// Vector primitives, AVX2 + FMA tier: eight lanes. See scalar.h for what each one means.

inline constexpr int kLanes = 8;
// 6 x 2 accumulators + 2 vectors of B + 1 broadcast of A = 15 of the 16 registers.
inline constexpr int kMatmulRows = 6;
inline constexpr int kMatmulVectors = 2;

struct Vec {
  __m256 v;
};

// Sliding window over eight set and eight clear words: &kFirstLanes[8 - n] selects lanes [0, n).
alignas(64) inline constexpr int kFirstLanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

SA_INLINE __m256i first_lanes(int n) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kFirstLanes + 8 - n));
}

SA_INLINE Vec vzero() { return {_mm256_setzero_ps()}; }
SA_INLINE Vec vset(float x) { return {_mm256_set1_ps(x)}; }
SA_INLINE Vec vload(const float* p) { return {_mm256_loadu_ps(p)}; }
SA_INLINE void vstore(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
SA_INLINE Vec vload_first(const float* p, int n) { return {_mm256_maskload_ps(p, first_lanes(n))}; }
SA_INLINE void vstore_first(float* p, Vec a, int n) { _mm256_maskstore_ps(p, first_lanes(n), a.v); }
SA_INLINE Vec vadd(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
SA_INLINE Vec vsub(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
SA_INLINE Vec vmul(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
SA_INLINE Vec vdiv(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
SA_INLINE Vec vfma(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
SA_INLINE Vec vmuladd(Vec a, Vec b, Vec c) { return vfma(a, b, c); }
SA_INLINE Vec vfms(Vec a, Vec b, Vec c) { return {_mm256_fmsub_ps(a.v, b.v, c.v)}; }
SA_INLINE Vec vfnma(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }
SA_INLINE Vec vmax(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
SA_INLINE Vec vmin(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
SA_INLINE Vec vabs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
SA_INLINE Vec vselect_nonnegative(Vec x, Vec a, Vec b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, _mm256_setzero_ps(), _CMP_GE_OQ))};
}
SA_INLINE Vec vzero_below(Vec x, Vec limit, Vec a) {
  return {_mm256_andnot_ps(_mm256_cmp_ps(x.v, limit.v, _CMP_LT_OQ), a.v)};
}
SA_INLINE Vec vselect_less(Vec x, Vec y, Vec a, Vec b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, y.v, _CMP_LT_OQ))};
}
SA_INLINE Vec vselect_number(Vec x, Vec a, Vec b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, x.v, _CMP_ORD_Q))};
}
SA_INLINE Vec vsplit(Vec x, Vec* exponent) {
  const __m256i half = _mm256_set1_epi32(0x3F3504F3);
  const __m256i bits = _mm256_sub_epi32(_mm256_castps_si256(x.v), half);
  exponent->v = _mm256_cvtepi32_ps(_mm256_srai_epi32(bits, 23));
  const __m256i fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007FFFFF));
  return {_mm256_castsi256_ps(_mm256_add_epi32(fraction, half))};
}
SA_INLINE Vec vselect_bytes(const unsigned char* mask, int n, Vec a, Vec b) {
  unsigned char bytes[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  __m128i packed;
  if (n == 8) {
    packed = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(mask));
  } else {
    for (int i = 0; i < n; ++i) bytes[i] = mask[i];
    packed = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes));
  }
  const __m256i clear = _mm256_cmpeq_epi32(_mm256_cvtepu8_epi32(packed), _mm256_setzero_si256());
  return {_mm256_blendv_ps(a.v, b.v, _mm256_castsi256_ps(clear))};
}
SA_INLINE Vec vselect_first(int n, Vec a, Vec b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_castsi256_ps(first_lanes(n)))};
}
SA_INLINE Vec vround(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
SA_INLINE Vec vscale2(Vec a, Vec n) {
  const __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(n.v), 23);
  return {_mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a.v), exponent))};
}
SA_INLINE float vreduce_add(Vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}
SA_INLINE float vreduce_max(Vec a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_shuffle_ps(s, s, 1)));
}
SA_INLINE Vec vsqrt(Vec a) { return {_mm256_sqrt_ps(a.v)}; }

SA_INLINE void vtranspose(const float* src, ptrdiff_t src_stride, int rows, float* dst,
                          ptrdiff_t dst_stride) {
  __m256 r[8];
  for (int i = 0; i < 8; ++i) r[i] = i < rows ? _mm256_loadu_ps(src + i * src_stride) : _mm256_setzero_ps();
  __m256 t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
    r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
  }
  // In ascending order: a row's surplus is overwritten by the next row where they overlap.
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(dst + i * dst_stride, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
  }
  for (int i = 0; i < 4; ++i) {
    _mm256_storeu_ps(dst + (i + 4) * dst_stride, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
  }
}
