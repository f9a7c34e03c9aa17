static void gelu_elements(const GeluElements& p, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i += kLanes) {
    const int width = static_cast<int>(end - i < kLanes ? end - i : kLanes);
    const Vec x = vload_row(p.x + i, width);
    const Vec y = p.tanh_form ? vgelu_tanh(x) : vgelu_erf(x);
    vstore_row(p.y + i, y, width);
  }
}
