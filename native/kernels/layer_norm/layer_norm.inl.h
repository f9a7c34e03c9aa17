// The mean of a row as rounded and what that lacks, and 1 / sqrt(variance + epsilon).
struct RowMoments {
  Vec rough, correction, inverse;
};

SA_INLINE Vec normalized(Vec x, const RowMoments& m) {
  return vmul(vsub(vsub(x, m.rough), m.correction), m.inverse);
}

static RowMoments row_moments(const float* x, int64_t n, float epsilon) {
  const int tail = static_cast<int>(n % kLanes);
  const int64_t whole = n - tail;
  // Several partial sums hide the latency of the addition and shorten the chain of roundings.
  Vec s0 = vzero(), s1 = vzero();
  int64_t j = 0;
  for (; j + 2 * kLanes <= whole; j += 2 * kLanes) {
    s0 = vadd(s0, vload(x + j));
    s1 = vadd(s1, vload(x + j + kLanes));
  }
  for (; j < whole; j += kLanes) s0 = vadd(s0, vload(x + j));
  if (tail > 0) s1 = vadd(s1, vload_first(x + whole, tail));
  const float mean = vreduce_add(vadd(s0, s1)) / static_cast<float>(n);

  // The differences also tell how far the rounded mean is off (corrected two-pass algorithm, Chan, Golub
  // and LeVeque 1983): a large mean over a small spread would otherwise cost the spread its digits.
  const Vec rough = vset(mean);
  Vec d0 = vzero(), d1 = vzero();
  s0 = s1 = vzero();
  for (j = 0; j + 2 * kLanes <= whole; j += 2 * kLanes) {
    const Vec a = vsub(vload(x + j), rough), b = vsub(vload(x + j + kLanes), rough);
    d0 = vadd(d0, a);
    d1 = vadd(d1, b);
    s0 = vfma(a, a, s0);
    s1 = vfma(b, b, s1);
  }
  for (; j < whole; j += kLanes) {
    const Vec a = vsub(vload(x + j), rough);
    d0 = vadd(d0, a);
    s0 = vfma(a, a, s0);
  }
  if (tail > 0) {
    const Vec a = vselect_first(tail, vsub(vload_first(x + whole, tail), rough), vzero());
    d1 = vadd(d1, a);
    s1 = vfma(a, a, s1);
  }
  const float shift = vreduce_add(vadd(d0, d1)) / static_cast<float>(n);
  const float spread = vreduce_add(vadd(s0, s1)) / static_cast<float>(n) - shift * shift;
  const float variance = spread > 0.0f || spread != spread ? spread : 0.0f;
  // Squares beyond float32 make the row NaN: divided by infinity it would be zeros, as if nothing were wrong.
  return {rough, vset(shift), vset(1.0f / std::sqrt(variance + epsilon) + variance * 0.0f)};
}

static void layer_norm_rows(const LayerNormRows& p, int64_t begin, int64_t end) {
  const int64_t n = p.columns;
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * n;
    float* y = p.y + r * n;
    const RowMoments moments = row_moments(x, n, p.epsilon);
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      Vec v = normalized(vload_row(x + j, width), moments);
      if (p.gamma != nullptr) v = vmul(v, vload_row(p.gamma + j, width));
      if (p.beta != nullptr) v = vadd(v, vload_row(p.beta + j, width));
      vstore_row(y + j, v, width);
    }
  }
}

// Rows [begin, end): dx, and their sums of dy z and of dy, [2, columns] at `sums`.
static void layer_norm_gradient_rows(const LayerNormGradientRows& p, int64_t begin, int64_t end,
                                     float* sums) {
  const int64_t n = p.columns;
  for (int64_t j = 0; j < 2 * n; ++j) sums[j] = 0.0f;
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * n;
    const float* dy = p.dy + r * n;
    float* dx = p.dx + r * n;
    const RowMoments moments = row_moments(x, n, p.epsilon);
    Vec plain = vzero(), weighted = vzero();
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      const Vec d = vload_row(dy + j, width), z = normalized(vload_row(x + j, width), moments);
      const Vec product = vmul(d, z);
      // Zero behind the end of a row: d is.
      const Vec gamma = p.gamma == nullptr ? vset(1.0f) : vload_row(p.gamma + j, width);
      plain = vmuladd(d, gamma, plain);
      weighted = vmuladd(product, gamma, weighted);
      vstore_row(sums + j, vadd(vload_row(sums + j, width), product), width);
      vstore_row(sums + n + j, vadd(vload_row(sums + n + j, width), d), width);
    }
    const Vec mean = vset(vreduce_add(plain) / static_cast<float>(n));
    const Vec slope = vset(vreduce_add(weighted) / static_cast<float>(n));
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      const Vec z = normalized(vload_row(x + j, width), moments);
      Vec g = vload_row(dy + j, width);
      if (p.gamma != nullptr) g = vmul(g, vload_row(p.gamma + j, width));
      vstore_row(dx + j, vmul(vfnma(z, slope, vsub(g, mean)), moments.inverse), width);
    }
  }
}
