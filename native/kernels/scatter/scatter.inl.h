static void scatter_add_columns(const ScatterRows& p, int64_t begin, int64_t end) {
  for (int64_t i = 0; i < p.rows; ++i) {
    const int64_t row = p.indices[i];
    if (row < 0 || row >= p.out_rows) continue;
    const float* x = p.x + i * p.columns;
    float* out = p.out + row * p.columns;
    for (int64_t j = begin; j < end; j += kLanes) {
      const int width = static_cast<int>(end - j < kLanes ? end - j : kLanes);
      vstore_row(out + j, vadd(vload_row(out + j, width), vload_row(x + j, width)), width);
    }
  }
}
