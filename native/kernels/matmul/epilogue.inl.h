// What is done to a tile of C after its products are summed.

template <Activation kActivation>
SA_INLINE Vec activate(Vec x) {
  if (kActivation == Activation::kRelu) return vrelu(x);
  if (kActivation == Activation::kGelu) return vgelu_erf(x);
  if (kActivation == Activation::kGeluTanh) return vgelu_tanh(x);
  if (kActivation == Activation::kSilu) return vmul(x, vsigmoid(x));
  return x;
}

// Row scale, activation and residual on a tile of C that the micro-kernel has just left in L1.
template <Activation kActivation>
SA_NOINLINE void finish_tile(const Epilogue& e, float* c, ptrdiff_t c_row, int64_t i0, int64_t j0,
                             int64_t rows, int width) {
  for (int64_t i = 0; i < rows; ++i) {
    const Vec scale = vset(e.row_scale == nullptr ? 1.0f : e.row_scale[i0 + i]);
    const float* residual = e.residual == nullptr ? nullptr : e.residual + (i0 + i) * e.residual_stride + j0;
    float* row = c + i * c_row;
    for (int j = 0; j < width; j += kLanes) {
      const int n = width - j < kLanes ? width - j : kLanes;
      Vec x = activate<kActivation>(vmul(vload_row(row + j, n), scale));
      if (residual != nullptr) x = vadd(x, vload_row(residual + j, n));
      vstore_row(row + j, x, n);
    }
  }
}

// Most tiles have nothing left to do, which is found out without a call.
SA_INLINE void finish(const Epilogue& e, float* c, ptrdiff_t c_row, int64_t i, int64_t j, int64_t rows,
                      int width) {
  switch (e.activation) {
    case Activation::kNone:
      if (e.residual == nullptr && e.row_scale == nullptr) return;
      return finish_tile<Activation::kNone>(e, c, c_row, i, j, rows, width);
    case Activation::kRelu:
      return finish_tile<Activation::kRelu>(e, c, c_row, i, j, rows, width);
    case Activation::kGelu:
      return finish_tile<Activation::kGelu>(e, c, c_row, i, j, rows, width);
    case Activation::kGeluTanh:
      return finish_tile<Activation::kGeluTanh>(e, c, c_row, i, j, rows, width);
    case Activation::kSilu:
      return finish_tile<Activation::kSilu>(e, c, c_row, i, j, rows, width);
  }
}
