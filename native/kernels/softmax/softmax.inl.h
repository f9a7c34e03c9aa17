// Row primitives that attention shares, and softmax over rows made of them.

// A softmax with a negative scale is one of -x.
template <bool kNegated>
SA_INLINE Vec vload_signed(const float* p, int n) {
  const Vec v = vload_row(p, n);
  return kNegated ? vsub(vzero(), v) : v;
}

// Maximum of x (or -x) over the first n unmasked positions; -infinity when there is none, NaN when nothing
// but NaN is left.
template <bool kNegated>
SA_NOINLINE float row_max(const float* x, int64_t n, const uint8_t* mask) {
  const Vec lowest = vset(-INFINITY);
  Vec best = lowest, other = lowest;
  int64_t j = 0;
  if (mask == nullptr) {
    for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
      best = vmax(vload_signed<kNegated>(x + j, kLanes), best);
      other = vmax(vload_signed<kNegated>(x + j + kLanes, kLanes), other);
    }
  }
  for (; j < n; j += kLanes) {
    const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
    Vec v = vload_signed<kNegated>(x + j, width);
    if (width < kLanes) v = vselect_first(width, v, lowest);
    if (mask != nullptr) v = vselect_bytes(mask + j, width, v, lowest);
    best = vmax(v, best);
  }
  const float max = vreduce_max(vmax(best, other));
  if (max == -INFINITY) {
    for (j = 0; j < n; ++j) {
      if (x[j] != x[j] && (mask == nullptr || mask[j] != 0)) return x[j];
    }
  }
  return max;
}

// y = exp((x - max) * scale) at unmasked positions of the first n, 0 at masked ones; returns the sum. The
// difference is taken before scaling and held in the finite range, so that neither a large scale nor a large
// x can give infinity minus infinity.
template <bool kNegated>
SA_NOINLINE float row_exp(const float* x, float* y, int64_t n, const uint8_t* mask, float max,
                          const ExpScale& scale) {
  const Vec m = vset(max);
  Vec sum = vzero(), other = vzero();
  int64_t j = 0;
  if (mask == nullptr) {
    for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
      // One after the other: the CPU interleaves them, and a compiler that does runs out of registers.
      const Vec a = vexp_scaled(vsub(vload_signed<kNegated>(x + j, kLanes), m), scale);
      sum = vadd(sum, a);
      vstore(y + j, a);
      SA_KEEP_ORDER(sum.v);
      Vec second = vload_signed<kNegated>(x + j + kLanes, kLanes);
      SA_KEEP_ORDER(second.v);
      const Vec b = vexp_scaled(vsub(second, m), scale);
      other = vadd(other, b);
      vstore(y + j + kLanes, b);
    }
  }
  for (; j < n; j += kLanes) {
    const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
    Vec e = vexp_scaled(vsub(vload_signed<kNegated>(x + j, width), m), scale);
    if (mask != nullptr) e = vselect_bytes(mask + j, width, e, vzero());
    if (width < kLanes) e = vselect_first(width, e, vzero());
    sum = vadd(sum, e);
    vstore_row(y + j, e, width);
  }
  return vreduce_add(vadd(sum, other));
}

static void row_scale(float* y, int64_t n, float factor) {
  const Vec f = vset(factor);
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) vstore(y + j, vmul(vload(y + j), f));
  if (j < n) {
    const int left = static_cast<int>(n - j);
    vstore_first(y + j, vmul(vload_first(y + j, left), f), left);
  }
}

SA_INLINE void row_zero(float* y, int64_t n) {
  for (int64_t j = 0; j < n; ++j) y[j] = 0.0f;
}

static void row_zero_masked(float* y, int64_t n, const uint8_t* mask) {
  for (int64_t j = 0; j < n; ++j) y[j] = mask[j] != 0 ? y[j] : 0.0f;
}

template <bool kNegated>
static void softmax_signed_rows(const SoftmaxRows& p, int64_t begin, int64_t end) {
  const ExpScale scale(kNegated ? -p.scale : p.scale);
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * p.columns;
    float* y = p.y + r * p.columns;
    const uint8_t* mask = p.mask == nullptr ? nullptr : p.mask + (r % p.mask_rows) * p.columns;
    int64_t n = p.columns;
    if (p.causal && r % p.causal_rows + 1 < n) n = r % p.causal_rows + 1;
    const float max = row_max<kNegated>(x, n, mask);
    float sum = 0.0f;
    if (max == -INFINITY) {
      row_zero(y, n);
    } else {
      sum = row_exp<kNegated>(x, y, n, mask, max, scale);
    }
    // The sum is at least 1 (the maximum's own term) unless every position was masked.
    if (sum != 0.0f) row_scale(y, n, 1.0f / sum);
    // 0 / NaN is not 0.
    if (sum != sum && mask != nullptr) row_zero_masked(y, n, mask);
    row_zero(y + n, p.columns - n);
  }
}

static void softmax_rows(const SoftmaxRows& p, int64_t begin, int64_t end) {
  if (p.scale < 0.0f) {
    softmax_signed_rows<true>(p, begin, end);
  } else {
    softmax_signed_rows<false>(p, begin, end);
  }
}
