// The algorithm, once for all tiers: panels of B, row blocks of A, a register-blocked micro-kernel.

inline constexpr int kPanel = kMatmulVectors * kLanes;

static size_t packed_size(int64_t k, int64_t n) {
  return static_cast<size_t>((n + kPanel - 1) / kPanel) * kPanel * static_cast<size_t>(k);
}

static void pack_panels(const MatrixView& b, int64_t k, int64_t n, float* dst) {
  for (int64_t j0 = 0; j0 < n; j0 += kPanel, dst += k * kPanel) {
    const int64_t width = n - j0 < kPanel ? n - j0 : kPanel;
    const float* src = b.data + j0 * b.col_stride;
    if (width == kPanel && b.col_stride == 1) {
      for (int64_t p = 0; p < k; ++p) {
        for (int v = 0; v < kMatmulVectors; ++v) {
          vstore(dst + p * kPanel + v * kLanes, vload(src + p * b.row_stride + v * kLanes));
        }
      }
      continue;
    }
    int64_t p = 0;
    if (width == kPanel && b.row_stride == 1) {
      for (; p + kLanes <= k; p += kLanes) {
        for (int v = 0; v < kMatmulVectors; ++v) {
          vtranspose(src + v * kLanes * b.col_stride + p, b.col_stride, dst + p * kPanel + v * kLanes,
                     kPanel);
        }
      }
    }
    for (; p < k; ++p) {
      for (int64_t j = 0; j < width; ++j) dst[p * kPanel + j] = src[p * b.row_stride + j * b.col_stride];
      for (int64_t j = width; j < kPanel; ++j) dst[p * kPanel + j] = 0.0f;
    }
  }
}

// A [rows, depth] -> panels of kMatmulRows rows, k-major, so that the micro-kernel reads one stream.
static void pack_rows(const MatrixView& a, int64_t rows, int64_t depth, float* dst) {
  for (int64_t i0 = 0; i0 < rows; i0 += kMatmulRows, dst += depth * kMatmulRows) {
    const int64_t height = rows - i0 < kMatmulRows ? rows - i0 : kMatmulRows;
    const float* src = a.data + i0 * a.row_stride;
    for (int64_t p = 0; p < depth; ++p) {
      for (int64_t i = 0; i < height; ++i) {
        dst[p * kMatmulRows + i] = src[i * a.row_stride + p * a.col_stride];
      }
    }
  }
}

enum class Start { kZero, kBias, kAccumulate };

struct Tile {
  int64_t depth;
  const float* a;
  ptrdiff_t a_row;
  const float* b;
  ptrdiff_t b_row;
  float* c;
  ptrdiff_t c_row;
  int width;  // columns of C to touch, <= kPanel
  Start start;
  const float* bias;
};

template <int kRows, bool kPackedA>
static void micro_kernel(const Tile& t) {
  Vec acc[kRows][kMatmulVectors];
  const bool full = t.width == kPanel;
  if (t.start == Start::kZero) {
    for (int i = 0; i < kRows; ++i) {
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = vzero();
    }
  } else if (full) {
    const float* from = t.start == Start::kBias ? t.bias : t.c;
    const ptrdiff_t row = t.start == Start::kBias ? 0 : t.c_row;
    for (int i = 0; i < kRows; ++i) {
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = vload(from + i * row + v * kLanes);
    }
  } else {
    const float* from = t.start == Start::kBias ? t.bias : t.c;
    const ptrdiff_t row = t.start == Start::kBias ? 0 : t.c_row;
    for (int i = 0; i < kRows; ++i) {
      for (int v = 0; v < kMatmulVectors; ++v) {
        const int left = t.width - v * kLanes;
        acc[i][v] = vload_first(from + i * row + v * kLanes, left < 0 ? 0 : left > kLanes ? kLanes : left);
      }
    }
  }

  const float* a = t.a;
  const float* b = t.b;
  const ptrdiff_t a_row = kPackedA ? 1 : t.a_row;
  const ptrdiff_t a_depth = kPackedA ? kMatmulRows : 1;
  for (int64_t p = t.depth; p > 0; --p) {
    Vec bv[kMatmulVectors];
    for (int v = 0; v < kMatmulVectors; ++v) bv[v] = vload(b + v * kLanes);
    for (int i = 0; i < kRows; ++i) {
      const Vec av = vset(a[i * a_row]);
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = vfma(av, bv[v], acc[i][v]);
    }
    a += a_depth;
    b += t.b_row;
  }

  if (full) {
    for (int i = 0; i < kRows; ++i) {
      for (int v = 0; v < kMatmulVectors; ++v) vstore(t.c + i * t.c_row + v * kLanes, acc[i][v]);
    }
  } else {
    for (int i = 0; i < kRows; ++i) {
      for (int v = 0; v < kMatmulVectors; ++v) {
        const int left = t.width - v * kLanes;
        vstore_first(t.c + i * t.c_row + v * kLanes, acc[i][v], left < 0 ? 0 : left > kLanes ? kLanes : left);
      }
    }
  }
}

using MicroKernel = void (*)(const Tile&);

// One entry a height: a remainder of rows costs its own multiply-adds and no more.
template <bool kPackedA>
static MicroKernel micro_kernel_for(int64_t rows) {
  static_assert(kMatmulRows <= 6, "extend the table");
  switch (rows) {
    case 1:
      return micro_kernel<1, kPackedA>;
    case 2:
      return micro_kernel<2, kPackedA>;
    case 3:
      return micro_kernel<3, kPackedA>;
    case 4:
      return micro_kernel<4, kPackedA>;
    case 5:
      return micro_kernel < kMatmulRows < 5 ? kMatmulRows : 5, kPackedA > ;
    default:
      return micro_kernel<kMatmulRows, kPackedA>;
  }
}

template <Activation kActivation>
SA_INLINE Vec activate(Vec x) {
  if (kActivation == Activation::kRelu) return vrelu(x);
  if (kActivation == Activation::kGelu) return vgelu_erf(x);
  if (kActivation == Activation::kGeluTanh) return vgelu_tanh(x);
  return x;
}

// Activation and residual on a tile of C that the micro-kernel has just left in L1.
template <Activation kActivation>
static void finish_tile(float* c, ptrdiff_t c_row, const float* residual, ptrdiff_t residual_row,
                        int64_t rows, int width) {
  for (int64_t i = 0; i < rows; ++i) {
    int j = 0;
    for (; j + kLanes <= width; j += kLanes) {
      Vec x = activate<kActivation>(vload(c + i * c_row + j));
      if (residual != nullptr) x = vadd(x, vload(residual + i * residual_row + j));
      vstore(c + i * c_row + j, x);
    }
    if (j < width) {
      Vec x = activate<kActivation>(vload_first(c + i * c_row + j, width - j));
      if (residual != nullptr) x = vadd(x, vload_first(residual + i * residual_row + j, width - j));
      vstore_first(c + i * c_row + j, x, width - j);
    }
  }
}

static void finish(const Epilogue& e, float* c, ptrdiff_t c_row, int64_t i, int64_t j, int64_t rows,
                   int width) {
  const float* residual = e.residual == nullptr ? nullptr : e.residual + i * e.residual_stride + j;
  switch (e.activation) {
    case Activation::kNone:
      if (residual == nullptr) return;
      return finish_tile<Activation::kNone>(c, c_row, residual, e.residual_stride, rows, width);
    case Activation::kRelu:
      return finish_tile<Activation::kRelu>(c, c_row, residual, e.residual_stride, rows, width);
    case Activation::kGelu:
      return finish_tile<Activation::kGelu>(c, c_row, residual, e.residual_stride, rows, width);
    case Activation::kGeluTanh:
      return finish_tile<Activation::kGeluTanh>(c, c_row, residual, e.residual_stride, rows, width);
  }
}

// Reading A in place saves a pass over it, but rows that are a multiple of 1 KiB apart fall into the same few
// cache sets and evict each other before the next panel of B comes by.
static bool must_pack_rows(const MatmulBlock& g) {
  if (g.a.col_stride != 1) return true;
  return g.n >= 8 * kPanel && g.a.row_stride % 256 == 0;
}

template <bool kPackedA>
static void matmul_rows(const MatmulBlock& g, float* scratch) {
  // The loop runs once for k = 0 as well, so that C becomes epilogue(bias).
  for (int64_t p0 = 0; p0 == 0 || p0 < g.k; p0 += kMatmulDepthBlock) {
    const int64_t depth = g.k - p0 < kMatmulDepthBlock ? g.k - p0 : kMatmulDepthBlock;
    const bool last = p0 + depth >= g.k;
    for (int64_t i0 = 0; i0 < g.m; i0 += kMatmulRowBlock) {
      const int64_t rows = g.m - i0 < kMatmulRowBlock ? g.m - i0 : kMatmulRowBlock;
      MatrixView a = {g.a.data + i0 * g.a.row_stride + p0 * g.a.col_stride, g.a.row_stride, g.a.col_stride};
      if (kPackedA) pack_rows(a, rows, depth, scratch);
      for (int64_t j = 0; j < g.n; j += kPanel) {
        Tile t;
        t.depth = depth;
        t.a_row = a.row_stride;
        t.b = g.b.data + (j / kPanel) * g.b.panel_stride + p0 * g.b.row_stride;
        t.b_row = g.b.row_stride;
        t.c_row = g.c_stride;
        t.width = static_cast<int>(g.n - j < kPanel ? g.n - j : kPanel);
        t.bias = g.epilogue.bias == nullptr ? nullptr : g.epilogue.bias + j;
        t.start = p0 > 0 || g.accumulate ? Start::kAccumulate
                  : t.bias != nullptr    ? Start::kBias
                                         : Start::kZero;
        for (int64_t i = 0; i < rows; i += kMatmulRows) {
          const int64_t height = rows - i < kMatmulRows ? rows - i : kMatmulRows;
          t.a = kPackedA ? scratch + i * depth : a.data + i * a.row_stride;
          t.c = g.c + (i0 + i) * g.c_stride + j;
          micro_kernel_for<kPackedA>(height)(t);
          if (last) finish(g.epilogue, t.c, g.c_stride, i0 + i, j, height, t.width);
        }
      }
    }
  }
}

static void matmul_block(const MatmulBlock& g, float* scratch) {
  if (must_pack_rows(g)) {
    matmul_rows<true>(g, scratch);
  } else {
    matmul_rows<false>(g, scratch);
  }
}
