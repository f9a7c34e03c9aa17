// Elementary functions over the vector primitives; the same code for every tier. Included inside the tier's
// namespace, after its primitives. Coefficients are least-maximum fits made for the intervals named here.

// A whole vector where there is one, else its first n lanes: the end of a row.
SA_INLINE Vec vload_row(const float* p, int n) { return n == kLanes ? vload(p) : vload_first(p, n); }
SA_INLINE void vstore_row(float* p, Vec a, int n) {
  if (n == kLanes) {
    vstore(p, a);
  } else {
    vstore_first(p, a, n);
  }
}

// e^x for x <= 0, relative error below 1.5 ULP; exactly 0 below -87.33 (where float32 turns denormal), NaN
// for NaN. x = n ln2 + r with |r| <= ln2 / 2; ln2 is split in two so that r keeps its low bits.
SA_INLINE Vec vexp_nonpositive(Vec x) {
  const Vec lowest = vset(-87.33f);
  const Vec c = vmax(lowest, x);
  const Vec n = vround(vmul(c, vset(1.44269504f)));
  Vec r = vfnma(n, vset(0.693359375f), c);
  r = vfnma(n, vset(-2.12194440e-4f), r);
  Vec p = vset(0.001381461275741458f);
  p = vfma(p, r, vset(0.008368710055947304f));
  p = vfma(p, r, vset(0.04166838899254799f));
  p = vfma(p, r, vset(0.1666652113199234f));
  p = vfma(p, r, vset(0.4999999403953552f));
  p = vfma(p, vmul(r, r), r);
  p = vadd(p, vset(1.0f));
  return vzero_below(x, lowest, vmul(p, vpow2(n)));
}

// 2^x for x in [-126, 0], relative error below 2e-7.
SA_INLINE Vec vexp2_nonpositive(Vec x) {
  const Vec n = vround(x);
  const Vec r = vsub(x, n);
  Vec p = vset(0.001326472614891827f);
  p = vfma(p, r, vset(0.009671512991189957f));
  p = vfma(p, r, vset(0.05550733581185341f));
  p = vfma(p, r, vset(0.24022242426872253f));
  p = vfma(p, r, vset(0.6931470036506653f));
  p = vfma(p, r, vset(1.0f));
  return vmul(p, vpow2(n));
}

// GELU, exact form: x * Phi(x) = max(x, 0) - |x| Q(|x|), Q the upper tail of the normal distribution. Written
// so, no cancellation is left for negative x. log2(2 Q(t)) is smooth enough for a polynomial of degree 7 on
// [0, 6]; absolute error of the fit 4e-8. Beyond 6 the term is held at its value there, 6e-9.
SA_INLINE Vec vgelu_erf(Vec x) {
  const Vec t = vmin(vabs(x), vset(6.0f));
  Vec p = vset(4.278669166524196e-06f);
  p = vfma(p, t, vset(-1.2797438103007153e-05f));
  p = vfma(p, t, vset(-0.000575789250433445f));
  p = vfma(p, t, vset(0.0076707894913852215f));
  p = vfma(p, t, vset(-0.05294857174158096f));
  p = vfma(p, t, vset(-0.4590439200401306f));
  p = vfma(p, t, vset(-1.1511269807815552f));
  const Vec tail = vmul(vmul(t, vset(0.5f)), vexp2_nonpositive(vmul(p, t)));
  return vsub(vmax(vzero(), x), tail);
}

// GELU, tanh form: x * sigmoid(2u), u = sqrt(2/pi) (x + 0.044715 x^3). Only e^(-2|u|) is needed.
SA_INLINE Vec vgelu_tanh(Vec x) {
  const Vec cubic = vmul(vmul(x, x), vset(0.044715f));
  const Vec u2 = vmul(vmul(x, vset(1.5957691216057308f)), vadd(cubic, vset(1.0f)));
  const Vec e = vexp_nonpositive(vsub(vzero(), vabs(u2)));
  const Vec numerator = vselect_nonnegative(u2, x, vmul(x, e));
  return vdiv(numerator, vadd(e, vset(1.0f)));
}

SA_INLINE Vec vrelu(Vec x) { return vmax(vzero(), x); }
