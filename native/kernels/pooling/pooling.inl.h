// What the sum of `count` rows is multiplied by, the first of them weighing `first` in a weighted mean.
static float pool_factor(Pooling mode, int64_t count, int64_t first) {
  const float n = static_cast<float>(count);
  if (mode == Pooling::kMean) return 1.0f / n;
  if (mode == Pooling::kMeanSqrt) return 1.0f / std::sqrt(n);
  if (mode == Pooling::kWeightedMean) return 2.0f / (n * static_cast<float>(2 * first + count - 1));
  return 1.0f;
}

static void pool_sequences(const PoolSequences& p, int64_t begin, int64_t end) {
  for (int64_t s = begin; s < end; ++s) {
    int64_t from = p.offsets[s], to = p.offsets[s + 1];
    int64_t skip = p.mode == Pooling::kCls || p.mode == Pooling::kLast ? 0 : p.skip;
    skip = skip < to - from ? skip : to - from;
    from += skip;
    float* y = p.y + s * p.columns;
    if (from == to) {
      row_zero(y, p.columns);
      continue;
    }
    if (p.mode == Pooling::kLast) from = to - 1;
    const int64_t count = p.mode == Pooling::kCls ? 1 : to - from;
    const float* x = p.x + from * p.columns;
    const Vec factor = vset(pool_factor(p.mode, count, skip + 1));
    const bool weighted = p.mode == Pooling::kWeightedMean;
    // A strip of columns through all rows keeps the sum in a register.
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      Vec total = vload_first(x + j, width);
      if (weighted) total = vmul(total, vset(static_cast<float>(skip + 1)));
      for (int64_t i = 1; i < count; ++i) {
        const Vec v = vload_first(x + i * p.columns + j, width);
        if (p.mode == Pooling::kMax) {
          total = vmax(v, total);
        } else {
          total = weighted ? vmuladd(v, vset(static_cast<float>(skip + 1 + i)), total) : vadd(total, v);
        }
      }
      vstore_first(y + j, vmul(total, factor), width);
    }
  }
}

static void l2_normalize_rows(const NormalizeRows& p, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * p.columns;
    float* y = p.y + r * p.columns;
    // Scaling by the largest magnitude first keeps the squares in range for any finite row.
    Vec largest = vzero();
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      largest = vmax(vabs(vload_first(x + j, width)), largest);
    }
    const float top = vreduce_max(largest);
    const bool extreme = top > 1e18f || (top > 0.0f && top < 1e-18f);
    const float factor = extreme ? 1.0f / (top < 1e-37f ? 1e-37f : top) : 1.0f;
    const Vec shrink = vset(factor);
    Vec sum = vzero();
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      const Vec v = vmul(vload_first(x + j, width), shrink);
      sum = vfma(v, v, sum);
    }
    float norm = std::sqrt(vreduce_add(sum));
    // The reciprocal of a smaller number is infinite, and would make NaN of a row of zeros.
    const float smallest = p.epsilon * factor;
    const float limit = smallest < 1.2e-38f ? 1.2e-38f : smallest;
    if (norm < limit) norm = limit;
    const Vec inverse = vset(1.0f / norm);
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      vstore_first(y + j, vmul(vmul(vload_first(x + j, width), shrink), inverse), width);
    }
  }
}
