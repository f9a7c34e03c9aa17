// Elementary functions over the vector primitives; the same code for every tier. Included inside the tier's
// namespace, after its primitives. Coefficients are least-maximum fits made for the intervals named here.

inline constexpr float kLargest = 3.402823466e+38f;

// A whole vector where there is one, else its first n lanes: the end of a row.
SA_INLINE Vec vload_row(const float* p, int n) { return n == kLanes ? vload(p) : vload_first(p, n); }
SA_INLINE void vstore_row(float* p, Vec a, int n) {
  if (n == kLanes) {
    vstore(p, a);
  } else {
    vstore_first(p, a, n);
  }
}

// 2^r for |r| <= 1/2 by 1 + r P(r), P of degree 4, fitted in ULPs of the result (which halve below 1) with
// all roundings counted: 1.96 ULP is the worst that e^x shows over every float32 in [-87.33, -1e-6].
SA_INLINE Vec vexp2_fraction(Vec r) {
  Vec p = vset(0.0013225049478933215f);
  p = vfma(p, r, vset(0.009672015905380249f));
  p = vfma(p, r, vset(0.055508967489004135f));
  p = vfma(p, r, vset(0.24022231996059418f));
  p = vfma(p, r, vset(0.693146824836731f));
  return vfma(p, r, vset(1.0f));
}

// How e^(scale d) is taken as 2^(c d): c = scale log2(e), kept as the sum of two floats so that large
// arguments keep their low bits.
struct ExpScale {
  Vec high, low;
  Vec lowest;  // d below it, where the result would be denormal, gives exactly 0

  // scale >= 0; d <= 0.
  explicit ExpScale(float scale) {
    const double c = static_cast<double>(scale) * 1.4426950408889634;
    const float c_high = c < 3.4e38 ? static_cast<float>(c) : 3.4e38f;
    const double limit = c_high > 0.0f ? -125.995 / static_cast<double>(c_high) : -3.4e38;
    high = vset(c_high);
    low = vset(c < 3.4e38 ? static_cast<float>(c - static_cast<double>(c_high)) : 0.0f);
    lowest = vset(limit > -3.4e38 ? static_cast<float>(limit) : -3.4e38f);
  }
};

// e^(scale d) for d <= 0 within 2 ULP, NaN for NaN: 2^n 2^r with n the integer next to c d; c d - n is exact
// but for its one rounding, whatever c d itself would round to.
SA_INLINE Vec vexp_scaled(Vec d, const ExpScale& s) {
  const Vec bounded = vmax(s.lowest, d);
  const Vec n = vround(vmul(bounded, s.high));
  const Vec r = vfma(bounded, s.low, vfms(bounded, s.high, n));
  return vzero_below(d, s.lowest, vscale2(vexp2_fraction(r), n));
}

// e^x for x <= 0 within 2 ULP, 0 below -87.333 (where float32 turns denormal).
SA_INLINE Vec vexp_nonpositive(Vec x) { return vexp_scaled(x, ExpScale(1.0f)); }

// GELU, exact form: x * Phi(x) = max(x, 0) - |x| Q(|x|), Q the upper tail of the normal distribution. Written
// so, no cancellation is left for negative x. log2(2 Q(t)) is smooth enough for a polynomial of degree 6 on
// [0, 6]; absolute error of the fit 8e-8. Beyond 6 the term is held at its value there, 6e-9.
SA_INLINE Vec vgelu_erf(Vec x) {
  const Vec t = vmin(vabs(x), vset(6.0f));
  Vec p = vset(2.9924409318482503e-05f);
  p = vfma(p, t, vset(-0.0007398760062642395f));
  p = vfma(p, t, vset(0.007977467961609364f));
  p = vfma(p, t, vset(-0.053238194435834885f));
  p = vfma(p, t, vset(-0.45891568064689636f));
  p = vfma(p, t, vset(-1.1511471271514893f));
  const Vec y = vmul(p, t);
  const Vec n = vround(y);
  const Vec tail = vscale2(vexp2_fraction(vsub(y, n)), n);
  return vfnma(vmul(t, vset(0.5f)), tail, vmax(vzero(), x));
}

// GELU, tanh form: x * sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3). Only e^(-2|u|) is needed.
SA_INLINE Vec vgelu_tanh(Vec x) {
  const Vec cubic = vmul(vmul(x, x), vset(0.044715f));
  const Vec u2 = vmul(vmul(x, vset(1.5957691216057308f)), vadd(cubic, vset(1.0f)));
  const Vec e = vexp_nonpositive(vsub(vzero(), vabs(u2)));
  const Vec numerator = vselect_nonnegative(u2, x, vmul(x, e));
  return vdiv(numerator, vadd(e, vset(1.0f)));
}

// tanh(x) = sign(x) (1 - e) / (1 + e), e = e^(-2 |x|): absolute error below 3 * 2^-24, since 1 - e inherits
// the error of e, which is at most 1. `twice` is ExpScale(2).
SA_INLINE Vec vtanh(Vec x, const ExpScale& twice) {
  const Vec one = vset(1.0f);
  const Vec e = vexp_scaled(vsub(vzero(), vabs(x)), twice);
  const Vec y = vdiv(vsub(one, e), vadd(one, e));
  return vselect_nonnegative(x, y, vsub(vzero(), y));
}

// 1 / (1 + e) or e / (1 + e) with e = e^(-|x|), so that nothing overflows: relative error below 5 * 2^-24,
// except where the sigmoid falls below 2^-126 and becomes 0.
SA_INLINE Vec vsigmoid(Vec x) {
  const Vec one = vset(1.0f);
  const Vec e = vexp_nonpositive(vsub(vzero(), vabs(x)));
  return vdiv(vselect_nonnegative(x, one, e), vadd(one, e));
}

SA_INLINE Vec vrelu(Vec x) { return vmax(vzero(), x); }

// e^x within 2 ULP for every x: infinity above 88.7228, 0 below -87.333, NaN for NaN.
SA_INLINE Vec vexp(Vec x) {
  const ExpScale s(1.0f);
  const Vec bounded = vmin(vset(88.73f), vmax(s.lowest, x));
  const Vec n = vround(vmul(bounded, s.high));
  const Vec r = vfma(bounded, s.low, vfms(bounded, s.high, n));
  // n may be 128, one more than scaling takes; the last doubling is a product, which overflows as it should.
  const Vec most = vmin(vset(127.0f), n);
  const Vec e = vmul(vscale2(vexp2_fraction(r), most), vadd(vsub(n, most), vset(1.0f)));
  return vzero_below(x, s.lowest, e);
}

// ln 2 as the sum of two floats.
inline constexpr float kLn2High = 0.6931471824645996f, kLn2Low = -1.904654299957768e-09f;

// e^x - 1 for x <= 0 within 3 ULP, NaN for NaN: 2^n (e^r - 1) + (2^n - 1) with |r| <= ln(2) / 2. The fit's
// relative error is 2.4e-10. Below -18 the result is -1 and stays there.
SA_INLINE Vec vexpm1_nonpositive(Vec x) {
  const Vec bounded = vmax(vset(-18.0f), vmin(vzero(), x));
  const Vec n = vround(vmul(bounded, vset(1.4426950216293335f)));
  const Vec r = vfnma(n, vset(kLn2Low), vfnma(n, vset(kLn2High), bounded));
  Vec p = vset(0.0001984587871f);
  p = vfma(p, r, vset(0.001394063700f));
  p = vfma(p, r, vset(0.008333389647f));
  p = vfma(p, r, vset(0.04166636243f));
  p = vfma(p, r, vset(0.1666666567f));
  p = vfma(p, r, vset(0.5f));
  const Vec power = vscale2(vset(1.0f), n);
  return vfma(power, vfma(vmul(r, r), p, r), vsub(power, vset(1.0f)));
}

// tanh(x) = sign(x) -m / (2 + m), m = e^(-2 |x|) - 1: within 4 ULP, near 0 too, where vtanh loses digits.
SA_INLINE Vec vtanh_relative(Vec x) {
  const Vec m = vexpm1_nonpositive(vmul(vabs(x), vset(-2.0f)));
  const Vec y = vdiv(m, vadd(m, vset(2.0f)));
  return vselect_nonnegative(x, vsub(vzero(), y), y);
}

// ln x within 2 ULP: x = 2^e (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)), ln(1 + f) = f - f^2 / 2 + f^3 P(f);
// relative error of the fit 7.5e-10. -infinity for 0, NaN below it.
SA_INLINE Vec vlog(Vec x) {
  const Vec normal = vset(1.17549435e-38f), infinity = vset(INFINITY);
  Vec e;
  const Vec m = vsplit(vselect_less(x, normal, vmul(x, vset(8388608.0f)), x), &e);
  e = vadd(e, vselect_less(x, normal, vset(-23.0f), vzero()));
  const Vec f = vsub(m, vset(1.0f)), square = vmul(f, f);
  Vec p = vset(0.06746649742f);
  p = vfma(p, f, vset(-0.1167565435f));
  p = vfma(p, f, vset(0.1188815907f));
  p = vfma(p, f, vset(-0.1240558848f));
  p = vfma(p, f, vset(0.1421955228f));
  p = vfma(p, f, vset(-0.1666799635f));
  p = vfma(p, f, vset(0.2000211924f));
  p = vfma(p, f, vset(-0.2500000894f));
  p = vfma(p, f, vset(0.3333331347f));
  p = vfma(e, vset(kLn2Low), vmul(vmul(square, f), p));
  p = vfnma(square, vset(0.5f), p);
  const Vec y = vfma(e, vset(kLn2High), vadd(f, p));
  const Vec outside = vselect_less(x, vzero(), vset(NAN), vset(-INFINITY));
  return vselect_less(x, infinity, vselect_less(vzero(), x, y, outside), x);
}

// ln(1 + x) within 4 ULP: ln u for the rounded u = 1 + x, and what its rounding took away, over u.
SA_INLINE Vec vlog1p(Vec x) {
  const Vec one = vset(1.0f), u = vadd(x, one);
  const Vec lost = vdiv(vsub(x, vsub(u, one)), u);
  // Neither at -1, where it is 0 / 0, nor at infinity; above 2^24 it is nothing.
  const Vec inside = vselect_less(x, vset(16777216.0f), lost, vzero());
  return vadd(vlog(u), vselect_less(vset(-1.0f), x, inside, vzero()));
}

// erf x within 3 ULP: x + x P(x^2) below 1 (relative error of the fit 1.2e-9), else 1 - erfc |x| with a
// polynomial for log2(erfc) on [1, 4] (absolute error of erfc 1.1e-9); beyond 4 it rounds to 1.
SA_INLINE Vec verf(Vec x) {
  const Vec one = vset(1.0f), t = vmin(vset(4.0f), vabs(x)), z = vmul(t, t);
  Vec p = vset(7.853864372e-05f);
  p = vfma(p, z, vset(-0.0008010194288f));
  p = vfma(p, z, vset(0.005188327748f));
  p = vfma(p, z, vset(-0.02685381286f));
  p = vfma(p, z, vset(0.1128358543f));
  p = vfma(p, z, vset(-0.3761262596f));
  p = vfma(p, z, vset(0.1283791661f));
  Vec q = vset(0.0002706555533f);
  q = vfma(q, t, vset(-0.004270533100f));
  q = vfma(q, t, vset(0.03158004582f));
  q = vfma(q, t, vset(-0.1489123255f));
  q = vfma(q, t, vset(-0.9204571247f));
  q = vfma(q, t, vset(-1.626164913f));
  q = vfma(q, t, vset(-0.0004624993599f));
  const Vec n = vround(q);
  const Vec far = vsub(one, vscale2(vexp2_fraction(vsub(q, n)), n));
  return vselect_less(t, one, vfma(x, p, x), vselect_nonnegative(x, far, vsub(vzero(), far)));
}

// The larger and the smaller of two; NaN when either is.
SA_INLINE Vec vmaximum(Vec a, Vec b) { return vselect_number(a, vmax(a, b), a); }
SA_INLINE Vec vminimum(Vec a, Vec b) { return vselect_number(a, vmin(a, b), a); }
