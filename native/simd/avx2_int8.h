// 8-bit primitives, AVX2 tier. See scalar_int8.h for what each one means.

// 4 x 2 accumulators + 2 vectors of B + a broadcast of A + ones + intermediates; a fifth row would spill.
inline constexpr int kInt8Rows = 4;
// vpmaddubsw adds two products in 16 bits: 255 x 128 = 32,640.
inline constexpr bool kInt8SumsPairs = true;
inline constexpr int kInt8Offset = 0;
inline constexpr const char* kInt8Method = "vpmaddubsw, pairs of weights within 128";

struct IVec {
  __m256i v;
};

SA_INLINE IVec izero() { return {_mm256_setzero_si256()}; }
SA_INLINE IVec iset(int32_t x) { return {_mm256_set1_epi32(x)}; }
SA_INLINE IVec iload(const int8_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
SA_INLINE IVec ibroadcast(const uint8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return {_mm256_set1_epi32(four)};
}
SA_INLINE IVec iload32(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
SA_INLINE IVec iadd(IVec a, IVec b) { return {_mm256_add_epi32(a.v, b.v)}; }
SA_INLINE IVec imul(IVec a, IVec b) { return {_mm256_mullo_epi32(a.v, b.v)}; }
SA_INLINE IVec idot(IVec acc, IVec a, IVec w) {
  const __m256i pairs = _mm256_maddubs_epi16(a.v, w.v);
  IVec sum = {_mm256_add_epi32(acc.v, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))};
  SA_KEEP_ORDER(sum.v);
  return sum;
}
SA_INLINE Vec ito_float(IVec a) { return {_mm256_cvtepi32_ps(a.v)}; }
SA_INLINE void vstore_bytes(uint8_t* p, Vec a, int n) {
  const __m256i whole = _mm256_cvtps_epi32(a.v);
  const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  const __m128i bytes = _mm_packus_epi16(words, words);
  if (n == 8) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), bytes);
  } else {
    alignas(16) uint8_t out[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(out), bytes);
    std::memcpy(p, out, static_cast<size_t>(n));
  }
}
