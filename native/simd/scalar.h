// Vector primitives, scalar tier: one lane. It is the readable definition of what every other tier's header
// of this folder offers; algorithms over it are the reference that faster tiers are held against.
//
// Included once per tier translation unit, inside `namespace sa::<tier>`; imports nothing itself.
// NaN rule of all tiers: vmax(a, b) and vmin(a, b) return b when either is NaN, as x86 does.

inline constexpr int kLanes = 1;
// Register block of the matmul micro-kernel: rows of A by vectors of B.
inline constexpr int kMatmulRows = 4;
inline constexpr int kMatmulVectors = 4;

struct Vec {
  float v;
};

SA_INLINE Vec vzero() { return {0.0f}; }
SA_INLINE Vec vset(float x) { return {x}; }
SA_INLINE Vec vload(const float* p) { return {*p}; }
SA_INLINE void vstore(float* p, Vec a) { *p = a.v; }
// Lanes [0, n); the others read as zero and are not written. 0 <= n <= kLanes.
SA_INLINE Vec vload_first(const float* p, int n) { return {n > 0 ? *p : 0.0f}; }
SA_INLINE void vstore_first(float* p, Vec a, int n) {
  if (n > 0) *p = a.v;
}
SA_INLINE Vec vadd(Vec a, Vec b) { return {a.v + b.v}; }
SA_INLINE Vec vsub(Vec a, Vec b) { return {a.v - b.v}; }
SA_INLINE Vec vmul(Vec a, Vec b) { return {a.v * b.v}; }
SA_INLINE Vec vdiv(Vec a, Vec b) { return {a.v / b.v}; }
// a * b + c, rounded once (but for the rare case of two roundings that fall together here). exp lives on it.
SA_INLINE Vec vfma(Vec a, Vec b, Vec c) {
  return {static_cast<float>(static_cast<double>(a.v) * b.v + static_cast<double>(c.v))};
}
// a * b - c and c - a * b, likewise.
SA_INLINE Vec vfms(Vec a, Vec b, Vec c) { return vfma(a, b, {-c.v}); }
SA_INLINE Vec vfnma(Vec a, Vec b, Vec c) { return vfma({-a.v}, b, c); }
// a * b + c with one rounding or two, whichever is quick: for sums of products.
SA_INLINE Vec vmuladd(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
SA_INLINE Vec vmax(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
SA_INLINE Vec vmin(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
SA_INLINE Vec vabs(Vec a) { return {std::fabs(a.v)}; }
// x >= 0 ? a : b, lane by lane.
SA_INLINE Vec vselect_nonnegative(Vec x, Vec a, Vec b) { return x.v >= 0.0f ? a : b; }
// x < limit ? 0 : a, lane by lane; a stays where x is NaN.
SA_INLINE Vec vzero_below(Vec x, Vec limit, Vec a) { return {x.v < limit.v ? 0.0f : a.v}; }
// x < y ? a : b, lane by lane; b where x or y is NaN.
SA_INLINE Vec vselect_less(Vec x, Vec y, Vec a, Vec b) { return x.v < y.v ? a : b; }
// x is no NaN ? a : b, lane by lane.
SA_INLINE Vec vselect_number(Vec x, Vec a, Vec b) { return x.v == x.v ? a : b; }
// A positive normal x as m * 2^exponent with m in [sqrt(1/2), sqrt(2)); no other x does harm. The constant is
// sqrt(1/2) as bits: taken off, what is left above the significand is the exponent.
SA_INLINE Vec vsplit(Vec x, Vec* exponent) {
  uint32_t bits;
  std::memcpy(&bits, &x.v, sizeof bits);
  bits -= 0x3F3504F3u;
  const uint32_t power = bits >> 23;
  exponent->v = static_cast<float>(static_cast<int32_t>(power < 256 ? power : power - 512));
  bits = (bits & 0x007FFFFFu) + 0x3F3504F3u;
  Vec m;
  std::memcpy(&m.v, &bits, sizeof bits);
  return m;
}
// Lanes whose mask byte is not zero keep a, the others become b. Reads the first n bytes only.
SA_INLINE Vec vselect_bytes(const unsigned char* mask, int n, Vec a, Vec b) {
  return n > 0 && mask[0] ? a : b;
}
// Lanes [0, n) keep a, the others become b.
SA_INLINE Vec vselect_first(int n, Vec a, Vec b) { return n > 0 ? a : b; }
// Nearest integer, ties to even, |a| < 2^22: adding 1.5 * 2^23 pushes the fraction out of the significand.
SA_INLINE Vec vround(Vec a) {
  volatile float shifted = a.v + 12582912.0f;
  return {shifted - 12582912.0f};
}
// a * 2^n for an integral n in [-127, 127] where a and the result are normal numbers: added to the exponent.
// NaN when either is.
SA_INLINE Vec vscale2(Vec a, Vec n) {
  uint32_t bits;
  std::memcpy(&bits, &a.v, sizeof bits);
  if (n.v == n.v) bits += static_cast<uint32_t>(static_cast<int32_t>(n.v)) << 23;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return {value};
}
SA_INLINE float vreduce_add(Vec a) { return a.v; }
SA_INLINE float vreduce_max(Vec a) { return a.v; }
SA_INLINE Vec vsqrt(Vec a) { return {std::sqrt(a.v)}; }
// dst[j * dst_stride + i] = src[i * src_stride + j] for i < rows <= kLanes, j < kLanes. Each written row is
// kLanes wide, with zeros behind its first `rows` elements; rows are written in ascending order.
SA_INLINE void vtranspose(const float* src, ptrdiff_t, int rows, float* dst, ptrdiff_t) {
  *dst = rows > 0 ? *src : 0.0f;
}
