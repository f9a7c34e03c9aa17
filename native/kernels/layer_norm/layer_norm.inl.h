static void layer_norm_rows(const LayerNormRows& p, int64_t begin, int64_t end) {
  const int64_t n = p.columns;
  const int tail = static_cast<int>(n % kLanes);
  const int64_t whole = n - tail;
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * n;
    float* y = p.y + r * n;
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

    const Vec m = vset(mean);
    s0 = s1 = vzero();
    for (j = 0; j + 2 * kLanes <= whole; j += 2 * kLanes) {
      const Vec d0 = vsub(vload(x + j), m), d1 = vsub(vload(x + j + kLanes), m);
      s0 = vfma(d0, d0, s0);
      s1 = vfma(d1, d1, s1);
    }
    for (; j < whole; j += kLanes) {
      const Vec d = vsub(vload(x + j), m);
      s0 = vfma(d, d, s0);
    }
    if (tail > 0) {
      const Vec d = vselect_first(tail, vsub(vload_first(x + whole, tail), m), vzero());
      s1 = vfma(d, d, s1);
    }
    const float variance = vreduce_add(vadd(s0, s1)) / static_cast<float>(n);
    const Vec inverse = vset(1.0f / std::sqrt(variance + p.epsilon));

    for (j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      Vec v = vmul(vsub(width == kLanes ? vload(x + j) : vload_first(x + j, width), m), inverse);
      if (p.gamma != nullptr) v = vmul(v, width == kLanes ? vload(p.gamma + j) : vload_first(p.gamma + j, width));
      if (p.beta != nullptr) v = vadd(v, width == kLanes ? vload(p.beta + j) : vload_first(p.beta + j, width));
      if (width == kLanes) {
        vstore(y + j, v);
      } else {
        vstore_first(y + j, v, width);
      }
    }
  }
}
