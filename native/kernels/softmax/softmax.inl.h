// Row primitives that attention shares, and softmax over rows made of them.

inline constexpr float kLargest = 3.402823466e+38f;

// Maximum of sign * x over the first n unmasked positions; -infinity when there is none, NaN when nothing but
// NaN is left.
static float row_max(const float* x, int64_t n, const uint8_t* mask, float sign) {
  const Vec lowest = vset(-INFINITY);
  const Vec s = vset(sign);
  Vec best = lowest;
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    Vec v = vmul(vload(x + j), s);
    if (mask != nullptr) v = vselect_bytes(mask + j, kLanes, v, lowest);
    best = vmax(v, best);
  }
  if (j < n) {
    const int left = static_cast<int>(n - j);
    Vec v = vselect_first(left, vmul(vload_first(x + j, left), s), lowest);
    if (mask != nullptr) v = vselect_bytes(mask + j, left, v, lowest);
    best = vmax(v, best);
  }
  const float max = vreduce_max(best);
  if (max == -INFINITY) {
    for (j = 0; j < n; ++j) {
      if (x[j] != x[j] && (mask == nullptr || mask[j] != 0)) return x[j];
    }
  }
  return max;
}

// y = exp((sign * x - max) * scale) at unmasked positions of the first n, 0 at masked ones; returns the sum.
// scale >= 0. The difference is taken before scaling and held in the finite range, so that neither a large
// scale nor a large x can give infinity minus infinity.
static float row_exp(const float* x, float* y, int64_t n, const uint8_t* mask, float sign, float max,
                     float scale) {
  const Vec m = vset(max), c = vset(scale), s = vset(sign), lowest = vset(-kLargest);
  Vec sum = vzero();
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) {
    Vec e = vexp_nonpositive(vmul(vmax(lowest, vsub(vmul(vload(x + j), s), m)), c));
    if (mask != nullptr) e = vselect_bytes(mask + j, kLanes, e, vzero());
    sum = vadd(sum, e);
    vstore(y + j, e);
  }
  if (j < n) {
    const int left = static_cast<int>(n - j);
    Vec e = vexp_nonpositive(vmul(vmax(lowest, vsub(vmul(vload_first(x + j, left), s), m)), c));
    if (mask != nullptr) e = vselect_bytes(mask + j, left, e, vzero());
    e = vselect_first(left, e, vzero());
    sum = vadd(sum, e);
    vstore_first(y + j, e, left);
  }
  return vreduce_add(sum);
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

static void softmax_rows(const SoftmaxRows& p, int64_t begin, int64_t end) {
  const float sign = p.scale < 0.0f ? -1.0f : 1.0f;
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * p.columns;
    float* y = p.y + r * p.columns;
    const uint8_t* mask = p.mask == nullptr ? nullptr : p.mask + (r % p.mask_rows) * p.columns;
    int64_t n = p.columns;
    if (p.causal && r % p.causal_rows + 1 < n) n = r % p.causal_rows + 1;
    const float max = row_max(x, n, mask, sign);
    float sum = 0.0f;
    if (max == -INFINITY) {
      row_zero(y, n);
    } else {
      sum = row_exp(x, y, n, mask, sign, max, sign * p.scale);
    }
    // The sum is at least 1 (the maximum's own term) unless every position was masked.
    if (sum != 0.0f) row_scale(y, n, 1.0f / sum);
    row_zero(y + n, p.columns - n);
  }
}
