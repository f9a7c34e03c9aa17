// 8-bit primitives, AVX-512 tier; SA_VNNI chooses the instruction that multiplies and adds in one. See
// scalar_int8.h for what each one means.

#if SA_VNNI
inline constexpr int kInt8Rows = 14;
inline constexpr bool kInt8SumsPairs = false;
inline constexpr const char* kInt8Method = "vpdpbusd";
#else
// 12 x 2 accumulators + 2 vectors of B + a broadcast of A + ones + intermediates.
inline constexpr int kInt8Rows = 12;
// vpmaddubsw adds two products in 16 bits: 255 x 128 = 32,640.
inline constexpr bool kInt8SumsPairs = true;
inline constexpr const char* kInt8Method = "vpmaddubsw, pairs of weights within 128";
#endif
inline constexpr int kInt8Offset = 0;

struct IVec {
  __m512i v;
};

SA_INLINE IVec izero() { return {_mm512_setzero_si512()}; }
SA_INLINE IVec iset(int32_t x) { return {_mm512_set1_epi32(x)}; }
SA_INLINE IVec iload(const int8_t* p) { return {_mm512_loadu_si512(p)}; }
SA_INLINE IVec ibroadcast(const uint8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return {_mm512_set1_epi32(four)};
}
SA_INLINE IVec iload32(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
SA_INLINE IVec iadd(IVec a, IVec b) { return {_mm512_add_epi32(a.v, b.v)}; }
SA_INLINE IVec imul(IVec a, IVec b) { return {_mm512_mullo_epi32(a.v, b.v)}; }
SA_INLINE IVec idot(IVec acc, IVec a, IVec w) {
#if SA_VNNI
  return {_mm512_dpbusd_epi32(acc.v, a.v, w.v)};
#else
  const __m512i pairs = _mm512_maddubs_epi16(a.v, w.v);
  IVec sum = {_mm512_add_epi32(acc.v, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)))};
  SA_KEEP_ORDER(sum.v);
  return sum;
#endif
}
SA_INLINE Vec ito_float(IVec a) { return {_mm512_cvtepi32_ps(a.v)}; }
SA_INLINE void vstore_bytes(uint8_t* p, Vec a, int n) {
  const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a.v));
  _mm_mask_storeu_epi8(p, first_lanes(n), bytes);
}
