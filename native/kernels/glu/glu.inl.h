template <Activation kActivation>
static void glu_rows_of(const GluRows& p, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    float* x = p.x + i * 2 * p.columns;
    for (int64_t j = 0; j < p.columns; j += kLanes) {
      const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
      const Vec gate = vload_row(x + p.columns + j, width);
      vstore_row(x + j, vmul(activate<kActivation>(vload_row(x + j, width)), gate), width);
    }
  }
}

static void glu_rows(const GluRows& p, int64_t begin, int64_t end) {
  switch (p.activation) {
    case Activation::kNone:
      return glu_rows_of<Activation::kNone>(p, begin, end);
    case Activation::kRelu:
      return glu_rows_of<Activation::kRelu>(p, begin, end);
    case Activation::kGelu:
      return glu_rows_of<Activation::kGelu>(p, begin, end);
    case Activation::kGeluTanh:
      return glu_rows_of<Activation::kGeluTanh>(p, begin, end);
    case Activation::kSilu:
      return glu_rows_of<Activation::kSilu>(p, begin, end);
  }
}
