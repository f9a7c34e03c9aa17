// 8-bit primitives, scalar tier: the readable definition. IVec holds kLanes 32-bit integers or, as an operand
// of idot, four 8-bit ones a lane.

inline constexpr int kInt8Rows = 4;
// Whether idot sums two products in 16 bits: two neighbouring weights then stay within 128 in magnitude
// together.
inline constexpr bool kInt8SumsPairs = false;
// Activations are stored as q - kInt8Offset: 128 where idot wants them signed.
inline constexpr int kInt8Offset = 0;
inline constexpr const char* kInt8Method = "plain";

struct IVec {
  int32_t v;
};

SA_INLINE IVec izero() { return {0}; }
SA_INLINE IVec iset(int32_t x) { return {x}; }
// Four weights a lane.
SA_INLINE IVec iload(const int8_t* p) {
  IVec r;
  std::memcpy(&r.v, p, 4);
  return r;
}
// The same four activations in every lane.
SA_INLINE IVec ibroadcast(const uint8_t* p) {
  IVec r;
  std::memcpy(&r.v, p, 4);
  return r;
}
SA_INLINE IVec iload32(const int32_t* p) { return {*p}; }
SA_INLINE IVec iadd(IVec a, IVec b) { return {a.v + b.v}; }
SA_INLINE IVec imul(IVec a, IVec b) { return {a.v * b.v}; }
// acc + a0 w0 + a1 w1 + a2 w2 + a3 w3, lane by lane.
SA_INLINE IVec idot(IVec acc, IVec a, IVec w) {
  for (int i = 0; i < 4; ++i) {
    acc.v += static_cast<uint8_t>(a.v >> 8 * i) * static_cast<int8_t>(w.v >> 8 * i);
  }
  return acc;
}
SA_INLINE Vec ito_float(IVec a) { return {static_cast<float>(a.v)}; }
// The low bytes of integral lanes [0, n).
SA_INLINE void vstore_bytes(uint8_t* p, Vec a, int n) {
  if (n > 0) *p = static_cast<uint8_t>(static_cast<int32_t>(a.v));
}
