static float row_dot(const float* a, const float* b, int64_t n) {
  Vec s0 = vzero(), s1 = vzero();
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    s0 = vmuladd(vload(a + j), vload(b + j), s0);
    s1 = vmuladd(vload(a + j + kLanes), vload(b + j + kLanes), s1);
  }
  for (; j < n; j += kLanes) {
    const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
    s0 = vmuladd(vload_row(a + j, width), vload_row(b + j, width), s0);
  }
  return vreduce_add(vadd(s0, s1));
}

static void softmax_gradient_rows(const SoftmaxGradientRows& p, int64_t begin, int64_t end) {
  const int64_t n = p.columns;
  const Vec scale = vset(p.scale);
  for (int64_t r = begin; r < end; ++r) {
    const float* y = p.y + r * n;
    const float* dy = p.dy + r * n;
    float* dx = p.dx + r * n;
    const Vec dot = vset(row_dot(y, dy, n));
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      const Vec difference = vsub(vload_row(dy + j, width), dot);
      vstore_row(dx + j, vmul(vmul(vload_row(y + j, width), scale), difference), width);
    }
  }
}

// x - max before the logarithm is taken off: both may be large, their difference is what counts.
static void log_softmax_rows(const LogSoftmaxRows& p, int64_t begin, int64_t end) {
  const int64_t n = p.columns;
  const ExpScale one(1.0f);
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.x + r * n;
    float* y = p.y + r * n;
    const Vec max = vset(row_max<false>(x, n, nullptr));
    Vec sum = vzero();
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      const Vec e = vexp_scaled(vsub(vload_row(x + j, width), max), one);
      sum = vadd(sum, width < kLanes ? vselect_first(width, e, vzero()) : e);
    }
    const Vec logarithm = vset(std::log(vreduce_add(sum)));
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      vstore_row(y + j, vsub(vsub(vload_row(x + j, width), max), logarithm), width);
    }
  }
}

static void log_softmax_gradient_rows(const LogSoftmaxGradientRows& p, int64_t begin, int64_t end) {
  const int64_t n = p.columns;
  for (int64_t r = begin; r < end; ++r) {
    const float* y = p.y + r * n;
    const float* dy = p.dy + r * n;
    float* dx = p.dx + r * n;
    const Vec sum = vset(reduce_row<ReduceOp::kSum>(dy, n));
    for (int64_t j = 0; j < n; j += kLanes) {
      const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
      const Vec d = vfnma(vexp(vload_row(y + j, width)), sum, vload_row(dy + j, width));
      vstore_row(dx + j, d, width);
    }
  }
}
