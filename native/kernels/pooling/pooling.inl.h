static void pool_sequences(const PoolSequences& p, int64_t begin, int64_t end) {
  for (int64_t s = begin; s < end; ++s) {
    const int64_t from = p.offsets[s];
    int64_t count = p.offsets[s + 1] - from;
    const float* x = p.x + from * p.columns;
    float* y = p.y + s * p.columns;
    if (count == 0) {
      row_zero(y, p.columns);
      continue;
    }
    const Vec factor = vset(p.mode == Pooling::kMean ? 1.0f / static_cast<float>(count) : 1.0f);
    if (p.mode == Pooling::kCls) count = 1;
    // A strip of columns through all rows keeps the sum in a register.
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      Vec total = vload_first(x + j, width);
      for (int64_t i = 1; i < count; ++i) {
        const Vec v = vload_first(x + i * p.columns + j, width);
        total = p.mode == Pooling::kMax ? vmax(v, total) : vadd(total, v);
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
    const float limit = p.epsilon * factor;
    if (norm < limit) norm = limit;
    const Vec inverse = vset(1.0f / norm);
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      vstore_first(y + j, vmul(vmul(vload_first(x + j, width), shrink), inverse), width);
    }
  }
}
