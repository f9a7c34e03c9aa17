static void rms_norm_rows(const RmsNormRows& p, int64_t begin, int64_t end) {
  const int64_t n = p.columns;
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * n;
    float* y = p.y + r * n;
    // Two sums hide the latency of the multiply-add and shorten the chain of roundings.
    Vec even = vzero(), odd = vzero();
    int64_t j = 0;
    for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
      const Vec a = vload(x + j), b = vload(x + j + kLanes);
      even = vfma(a, a, even);
      odd = vfma(b, b, odd);
    }
    for (; j < n; j += kLanes) {
      // Zero behind the end of the row.
      const Vec a = vload_row(x + j, static_cast<int>(n - j < kLanes ? n - j : kLanes));
      even = vfma(a, a, even);
    }
    const float mean = vreduce_add(vadd(even, odd)) / static_cast<float>(n);
    // Squares beyond float32 make the row NaN: divided by infinity it would be zeros, as if nothing were
    // wrong.
    const Vec inverse = vset(1.0f / std::sqrt(mean + p.epsilon) + mean * 0.0f);
    for (j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      Vec v = vmul(vload_row(x + j, width), inverse);
      if (p.gamma != nullptr) v = vmul(v, vload_row(p.gamma + j, width));
      vstore_row(y + j, v, width);
    }
  }
}
