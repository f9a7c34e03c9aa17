static void rotary_rows(const RotaryRows& p, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float* cosines = p.table + p.positions[i] * 2 * p.half;
    const float* sines = cosines + p.half;
    for (int64_t h = 0; h < p.heads; ++h) {
      float* a = p.x + i * p.stride + h * p.size;
      float* b = a + p.half;
      for (int64_t j = 0; j < p.half; j += kLanes) {
        const int width = static_cast<int>(p.half - j < kLanes ? p.half - j : kLanes);
        const Vec x = vload_row(a + j, width), y = vload_row(b + j, width);
        const Vec c = vload_row(cosines + j, width), s = vload_row(sines + j, width);
        vstore_row(a + j, vsub(vmul(x, c), vmul(y, s)), width);
        vstore_row(b + j, vmuladd(y, c, vmul(x, s)), width);
      }
    }
  }
}
