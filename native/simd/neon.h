// Vector primitives, NEON tier (every 64-bit ARM CPU): four lanes. See scalar.h for what each one means.

inline constexpr int kLanes = 4;
// 7 x 3 accumulators + 3 vectors of B + 7 elements of A = 31 of the 32 registers. A multiply-add takes an
// element of a register as it is, and compilers load those of a step ahead: an eighth row would spill.
inline constexpr int kMatmulRows = 7;
inline constexpr int kMatmulVectors = 3;

struct Vec {
  float32x4_t v;
};

SA_INLINE uint32x4_t first_lanes(int n) {
  static constexpr uint32_t kIndex[4] = {0, 1, 2, 3};
  return vcltq_u32(vld1q_u32(kIndex), vdupq_n_u32(static_cast<uint32_t>(n)));
}

SA_INLINE Vec vzero() { return {vdupq_n_f32(0.0f)}; }
SA_INLINE Vec vset(float x) { return {vdupq_n_f32(x)}; }
SA_INLINE Vec vload(const float* p) { return {vld1q_f32(p)}; }
SA_INLINE void vstore(float* p, Vec a) { vst1q_f32(p, a.v); }
// NEON has no masked access: whole parts that lie inside, lane by lane.
SA_INLINE Vec vload_first(const float* p, int n) {
  float32x4_t v = vdupq_n_f32(0.0f);
  if (n >= 4) return {vld1q_f32(p)};
  if (n > 0) v = vld1q_lane_f32(p, v, 0);
  if (n > 1) v = vld1q_lane_f32(p + 1, v, 1);
  if (n > 2) v = vld1q_lane_f32(p + 2, v, 2);
  return {v};
}
SA_INLINE void vstore_first(float* p, Vec a, int n) {
  if (n >= 4) return vst1q_f32(p, a.v);
  if (n > 0) vst1q_lane_f32(p, a.v, 0);
  if (n > 1) vst1q_lane_f32(p + 1, a.v, 1);
  if (n > 2) vst1q_lane_f32(p + 2, a.v, 2);
}
SA_INLINE Vec vadd(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
SA_INLINE Vec vsub(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
SA_INLINE Vec vmul(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
SA_INLINE Vec vdiv(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
SA_INLINE Vec vfma(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
SA_INLINE Vec vmuladd(Vec a, Vec b, Vec c) { return vfma(a, b, c); }
SA_INLINE Vec vfms(Vec a, Vec b, Vec c) { return {vfmaq_f32(vnegq_f32(c.v), a.v, b.v)}; }
SA_INLINE Vec vfnma(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.v, a.v, b.v)}; }
// Compare and select: vmaxq_f32 and vminq_f32 would return NaN when either operand is.
SA_INLINE Vec vmax(Vec a, Vec b) { return {vbslq_f32(vcgtq_f32(a.v, b.v), a.v, b.v)}; }
SA_INLINE Vec vmin(Vec a, Vec b) { return {vbslq_f32(vcltq_f32(a.v, b.v), a.v, b.v)}; }
SA_INLINE Vec vabs(Vec a) { return {vabsq_f32(a.v)}; }
SA_INLINE Vec vselect_nonnegative(Vec x, Vec a, Vec b) { return {vbslq_f32(vcgezq_f32(x.v), a.v, b.v)}; }
SA_INLINE Vec vzero_below(Vec x, Vec limit, Vec a) {
  return {vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(a.v), vcltq_f32(x.v, limit.v)))};
}
SA_INLINE Vec vselect_less(Vec x, Vec y, Vec a, Vec b) { return {vbslq_f32(vcltq_f32(x.v, y.v), a.v, b.v)}; }
SA_INLINE Vec vselect_number(Vec x, Vec a, Vec b) { return {vbslq_f32(vceqq_f32(x.v, x.v), a.v, b.v)}; }
SA_INLINE Vec vsplit(Vec x, Vec* exponent) {
  const int32x4_t half = vdupq_n_s32(0x3F3504F3);
  const int32x4_t bits = vsubq_s32(vreinterpretq_s32_f32(x.v), half);
  exponent->v = vcvtq_f32_s32(vshrq_n_s32(bits, 23));
  const int32x4_t fraction = vandq_s32(bits, vdupq_n_s32(0x007FFFFF));
  return {vreinterpretq_f32_s32(vaddq_s32(fraction, half))};
}
SA_INLINE Vec vselect_bytes(const unsigned char* mask, int n, Vec a, Vec b) {
  uint32_t bytes = 0;
  std::memcpy(&bytes, mask, n >= 4 ? 4 : static_cast<size_t>(n));
  const uint16x8_t wide = vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(bytes)));
  const uint32x4_t lanes = vmovl_u16(vget_low_u16(wide));
  return {vbslq_f32(vtstq_u32(lanes, lanes), a.v, b.v)};
}
SA_INLINE Vec vselect_first(int n, Vec a, Vec b) { return {vbslq_f32(first_lanes(n), a.v, b.v)}; }
SA_INLINE Vec vround(Vec a) { return {vrndnq_f32(a.v)}; }
SA_INLINE Vec vscale2(Vec a, Vec n) {
  const int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(n.v), 23);
  return {vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a.v), exponent))};
}
SA_INLINE float vreduce_add(Vec a) { return vaddvq_f32(a.v); }
SA_INLINE float vreduce_max(Vec a) {
  // Not vmaxvq_f32, for the same reason as in vmax.
  Vec m = vmax(a, {vextq_f32(a.v, a.v, 2)});
  m = vmax(m, {vrev64q_f32(m.v)});
  return vgetq_lane_f32(m.v, 0);
}
SA_INLINE Vec vsqrt(Vec a) { return {vsqrtq_f32(a.v)}; }

SA_INLINE void vtranspose(const float* src, ptrdiff_t src_stride, int rows, float* dst,
                          ptrdiff_t dst_stride) {
  float32x4_t r[4];
  for (int i = 0; i < 4; ++i) r[i] = i < rows ? vld1q_f32(src + i * src_stride) : vdupq_n_f32(0.0f);
  // Pairs of rows, then pairs of pairs, as 64-bit halves.
  const float64x2_t t0 = vreinterpretq_f64_f32(vtrn1q_f32(r[0], r[1])),
                    t1 = vreinterpretq_f64_f32(vtrn2q_f32(r[0], r[1])),
                    t2 = vreinterpretq_f64_f32(vtrn1q_f32(r[2], r[3])),
                    t3 = vreinterpretq_f64_f32(vtrn2q_f32(r[2], r[3]));
  // In ascending order: a row's surplus is overwritten by the next row where they overlap.
  vst1q_f32(dst, vreinterpretq_f32_f64(vtrn1q_f64(t0, t2)));
  vst1q_f32(dst + dst_stride, vreinterpretq_f32_f64(vtrn1q_f64(t1, t3)));
  vst1q_f32(dst + 2 * dst_stride, vreinterpretq_f32_f64(vtrn2q_f64(t0, t2)));
  vst1q_f32(dst + 3 * dst_stride, vreinterpretq_f32_f64(vtrn2q_f64(t1, t3)));
}
