// 8-bit primitives, NEON tier; SA_DOTPROD chooses the dot product of ARMv8.2. See scalar_int8.h for what each
// one means.

inline constexpr int kInt8Rows = 7;
inline constexpr bool kInt8SumsPairs = false;
// Both operands are signed: a product of |q - 128| and 127 fits into 16 bits.
inline constexpr int kInt8Offset = 128;

#if SA_DOTPROD
inline constexpr const char* kInt8Method = "sdot";
#else
inline constexpr const char* kInt8Method = "smull";
#endif

struct IVec {
  int32x4_t v;
};

SA_INLINE IVec izero() { return {vdupq_n_s32(0)}; }
SA_INLINE IVec iset(int32_t x) { return {vdupq_n_s32(x)}; }
SA_INLINE IVec iload(const int8_t* p) { return {vreinterpretq_s32_s8(vld1q_s8(p))}; }
SA_INLINE IVec ibroadcast(const uint8_t* p) {
  int32_t four;
  std::memcpy(&four, p, 4);
  return {vdupq_n_s32(four)};
}
SA_INLINE IVec iload32(const int32_t* p) { return {vld1q_s32(p)}; }
SA_INLINE IVec iadd(IVec a, IVec b) { return {vaddq_s32(a.v, b.v)}; }
SA_INLINE IVec imul(IVec a, IVec b) { return {vmulq_s32(a.v, b.v)}; }
SA_INLINE IVec idot(IVec acc, IVec a, IVec w) {
  const int8x16_t x = vreinterpretq_s8_s32(a.v), y = vreinterpretq_s8_s32(w.v);
#if SA_DOTPROD
  return {vdotq_s32(acc.v, x, y)};
#else
  // Lanes (0, 1) and (2, 3) of each group of four: products in 16 bits, added in pairs twice.
  const int16x8_t low = vmull_s8(vget_low_s8(x), vget_low_s8(y));
  const int16x8_t high = vmull_s8(vget_high_s8(x), vget_high_s8(y));
  return {vaddq_s32(acc.v, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)))};
#endif
}
SA_INLINE Vec ito_float(IVec a) { return {vcvtq_f32_s32(a.v)}; }
SA_INLINE void vstore_bytes(uint8_t* p, Vec a, int n) {
  const int16x4_t words = vmovn_s32(vcvtnq_s32_f32(a.v));
  const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
  alignas(8) int8_t out[8];
  vst1_s8(out, bytes);
  std::memcpy(p, out, static_cast<size_t>(n));
}
