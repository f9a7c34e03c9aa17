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
