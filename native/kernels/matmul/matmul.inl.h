// The algorithm, once for all tiers: panels of B, row blocks of A, a register-blocked micro-kernel.

static size_t packed_size(int64_t k, int64_t n) {
  return static_cast<size_t>((n + kPanel - 1) / kPanel) * kPanel * static_cast<size_t>(k);
}

// Elements of a panel's vector `v` that lie inside of `width` columns.
SA_INLINE int columns_of(int64_t width, int v) {
  const int64_t left = width - v * kLanes;
  return static_cast<int>(left < 0 ? 0 : left > kLanes ? kLanes : left);
}

static void pack_panels(const MatrixView& b, int64_t k, int64_t n, float* dst) {
  for (int64_t j0 = 0; j0 < n; j0 += kPanel, dst += k * kPanel) {
    const int64_t width = n - j0 < kPanel ? n - j0 : kPanel;
    const float* src = b.data + j0 * b.col_stride;
    int64_t p = 0;
    if (b.col_stride == 1) {
      // Whole panels are copied without a look at each of their vectors.
      for (; width == kPanel && p < k; ++p) {
        SA_UNROLL
        for (int v = 0; v < kMatmulVectors; ++v) {
          vstore(dst + p * kPanel + v * kLanes, vload(src + p * b.row_stride + v * kLanes));
        }
      }
      for (; p < k; ++p) {
        for (int v = 0; v < kMatmulVectors; ++v) {
          const int columns = columns_of(width, v);
          // Nothing is read behind the columns, not even by address.
          const Vec row = columns == 0 ? vzero() : vload_row(src + p * b.row_stride + v * kLanes, columns);
          vstore(dst + p * kPanel + v * kLanes, row);
        }
      }
    } else if (b.row_stride == 1) {
      for (; p + kLanes <= k; p += kLanes) {
        for (int v = 0; v < kMatmulVectors; ++v) {
          const int columns = columns_of(width, v);
          const float* block = columns == 0 ? src : src + v * kLanes * b.col_stride;
          float* to = dst + p * kPanel + v * kLanes;
          // The same for whole blocks.
          if (columns == kLanes) {
            vtranspose(block + p, b.col_stride, kLanes, to, kPanel);
          } else {
            vtranspose(block + p, b.col_stride, columns, to, kPanel);
          }
        }
      }
    }
    for (; p < k; ++p) {
      for (int64_t j = 0; j < width; ++j) dst[p * kPanel + j] = src[p * b.row_stride + j * b.col_stride];
      for (int64_t j = width; j < kPanel; ++j) dst[p * kPanel + j] = 0.0f;
    }
  }
}

// Rows of A ahead of which its packing reads.
inline constexpr int kPackAhead = 64;
// Depth below which a block of A gets no more rows: its tiles of C have to stay near as well.
inline constexpr int64_t kLeastDepth = 256;
// Tiles at least this deep prefetch the next tile of C.
inline constexpr int64_t kPrefetchDepth = 96;

// Columns of a transposed A that are packed at a time: the cache lines of so few lie in L1 until the last
// tile has read them, also where they are a page apart and fall into one cache set.
inline constexpr int64_t kPackColumns = 8;

// As pack_rows, of an A whose columns are contiguous: they are copied.
static void pack_columns(const MatrixView& a, const Heights& heights, int64_t depth, float* dst) {
  for (int64_t p0 = 0; p0 < depth; p0 += kPackColumns) {
    const int64_t p1 = depth - p0 < kPackColumns ? depth : p0 + kPackColumns;
    for (int64_t tile = 0; tile < heights.tiles; ++tile) {
      const int64_t first = heights.begin(tile), height = heights.begin(tile + 1) - first;
      const float* src = a.data + first;
      float* to = dst + first * depth;
      for (int64_t p = p0; p < p1; ++p) {
        for (int64_t i = 0; i < height; i += kLanes) {
          const int width = static_cast<int>(height - i < kLanes ? height - i : kLanes);
          vstore_row(to + p * height + i, vload_row(src + p * a.col_stride + i, width), width);
        }
      }
    }
  }
}

// A [rows, depth] -> one run a tile of rows, k-major, so that the micro-kernel reads one stream. A block
// transposed in registers is kLanes wide where the tile may be lower: each step's surplus is overwritten by
// the next step or tile, and the last one falls into the slack behind the scratch.
static void pack_rows(const MatrixView& a, const Heights& heights, int64_t depth, float* dst) {
  if (a.row_stride == 1) return pack_columns(a, heights, depth, dst);
  for (int64_t tile = 0; tile < heights.tiles; ++tile) {
    const int64_t first = heights.begin(tile), height = heights.begin(tile + 1) - first;
    const float* src = a.data + first * a.row_stride;
    int64_t p = 0;
    if (a.col_stride == 1 && height <= kLanes) {
      for (; p + kLanes <= depth; p += kLanes) {
        for (int64_t i = 0; i < height; ++i) SA_PREFETCH(src + i * a.row_stride + p + kPackAhead);
        vtranspose(src + p, a.row_stride, static_cast<int>(height), dst + p * height, height);
      }
    }
    for (; p < depth; ++p) {
      for (int64_t i = 0; i < height; ++i) dst[p * height + i] = src[i * a.row_stride + p * a.col_stride];
    }
    dst += depth * height;
  }
}

enum class Start { kZero, kBias, kAccumulate };

struct Tile {
  int64_t depth;
  const float* a;
  // From row to row; where they are next to each other (kColumns), from column to column.
  ptrdiff_t a_stride;
  const float* b;
  ptrdiff_t b_row;
  float* c;
  ptrdiff_t c_row;
  int width;  // columns of C to touch, <= kPanel
  Start start;
  const float* bias;
  const float* next_c;  // the tile that comes next, or null
  bool fresh_panel;     // the first tile to read this panel
};

// Steps of k that panels of B are read ahead.
inline constexpr int kPanelAhead = 16;

// `to` past `width` keeps what it holds.
SA_INLINE void copy_columns(const float* from, float* to, int width) {
  for (int j = 0; j < width; j += kLanes) {
    const int n = width - j < kLanes ? width - j : kLanes;
    vstore_row(to + j, vload_row(from + j, n), n);
  }
}

// acc += A B over the depth of the tile. A panel that the tile before has read lies near, and prefetches
// would only take the place of loads; one that is fresh comes from afar.
template <int kRows, bool kColumns, bool kPrefetch>
SA_INLINE void sum_products(const Tile& t, Vec (&acc)[kRows][kMatmulVectors]) {
  const float* b = t.b;
  const ptrdiff_t a_row = kColumns ? 1 : t.a_stride, a_step = kColumns ? t.a_stride : 1;
  // An address is a pointer and once or twice the row's length: with a pointer for every third row, none has
  // to be computed. Compilers that know how the pointers are related compute each from the one before, or
  // keep one for every row on the stack.
  constexpr int kNear = kColumns ? kRows : 3;
  constexpr int kPointers = (kRows + kNear - 1) / kNear;
  const float* a[kPointers];
  SA_UNROLL
  for (int i = 0; i < kPointers; ++i) a[i] = t.a + i * kNear * a_row;
  for (int64_t p = t.depth; p > 0; --p) {
    Vec bv[kMatmulVectors];
    SA_UNROLL
    for (int v = 0; v < kMatmulVectors; ++v) bv[v] = vload(b + v * kLanes);
    if (kPrefetch) {
      for (int v = 0; v < kPanel; v += kCacheLine) SA_PREFETCH(b + kPanelAhead * t.b_row + v);
    }
    SA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const Vec av = vset(a[i / kNear][i % kNear * a_row]);
      SA_UNROLL
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = vmuladd(av, bv[v], acc[i][v]);
    }
    SA_UNROLL
    for (int i = 0; i < kPointers; ++i) {
      a[i] += a_step;
      SA_UNRELATED(a[i]);
    }
    b += t.b_row;
  }
}

template <int kRows, bool kColumns>
static void micro_kernel(const Tile& t) {
  Vec acc[kRows][kMatmulVectors];
  const bool full = t.width == kPanel;
  alignas(64) float edge[kRows * kPanel];
  float* c = full ? t.c : edge;
  const ptrdiff_t c_row = full ? t.c_row : kPanel;
  if (t.start == Start::kZero) {
    SA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      SA_UNROLL
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = vzero();
    }
  } else {
    const float* from = t.start == Start::kBias ? t.bias : t.c;
    ptrdiff_t row = t.start == Start::kBias ? 0 : t.c_row;
    if (!full) {
      for (int i = 0; i < kRows; ++i) {
        copy_columns(from + i * row, edge + i * kPanel, t.width);
      }
      from = edge;
      row = kPanel;
    }
    SA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      SA_UNROLL
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = vload(from + i * row + v * kLanes);
    }
  }
  if (t.next_c != nullptr) {
    for (int i = 0; i < kRows; ++i) {
      for (int v = 0; v < kPanel; v += kCacheLine) SA_PREFETCH(t.next_c + i * t.c_row + v);
    }
  }

  if (t.fresh_panel) {
    sum_products<kRows, kColumns, true>(t, acc);
  } else {
    sum_products<kRows, kColumns, false>(t, acc);
  }

  SA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    SA_UNROLL
    for (int v = 0; v < kMatmulVectors; ++v) vstore(c + i * c_row + v * kLanes, acc[i][v]);
  }
  if (!full) {
    for (int i = 0; i < kRows; ++i) {
      copy_columns(edge + i * kPanel, t.c + i * t.c_row, t.width);
    }
  }
}

using MicroKernel = void (*)(const Tile&);

// One entry a height: a tile costs its own multiply-adds and no more.
template <bool kColumns, int... kHeights>
static MicroKernel micro_kernel_at(int64_t rows, std::integer_sequence<int, kHeights...>) {
  static constexpr MicroKernel kTable[] = {micro_kernel<kHeights + 1, kColumns>...};
  return kTable[rows - 1];
}

template <bool kColumns>
static MicroKernel micro_kernel_for(int64_t rows) {
  return micro_kernel_at<kColumns>(rows, std::make_integer_sequence<int, kMatmulRows>());
}

// How the micro-kernel reads A: where it lies, by rows or (transposed) by columns, or packed, by columns too.
enum class ReadA { kRows, kColumns, kPacked };

// Reading A in place saves a pass over it, but rows or columns that are a multiple of 1 KiB apart fall into
// the same few cache sets and evict each other before the next panel of B comes by, and columns have more
// cache lines than rows.
static ReadA read_a(const MatmulBlock& g) {
  if (g.a.col_stride == 1) {
    return g.n >= 8 * kPanel && g.a.row_stride % 256 == 0 ? ReadA::kPacked : ReadA::kRows;
  }
  const bool few = g.n <= (g.a.col_stride % 256 == 0 ? 1 : 4) * kPanel;
  return g.a.row_stride == 1 && few ? ReadA::kColumns : ReadA::kPacked;
}

// Steps of k at a time: the fewest equal runs of at most kMatmulDepthBlock.
static int64_t depth_step(int64_t k) {
  const int64_t blocks = (k + kMatmulDepthBlock - 1) / kMatmulDepthBlock;
  return blocks < 2 ? kMatmulDepthBlock : (k + blocks - 1) / blocks;
}

// Rows of A at a time: whole tiles.
static int64_t row_block(int64_t depth) {
  const int64_t rows = kMatmulBlock / (depth < kLeastDepth ? kLeastDepth : depth);
  return rows / kMatmulRows * kMatmulRows;
}

template <ReadA kRead>
static void matmul_rows(const MatmulBlock& g, float* scratch) {
  const int64_t step = depth_step(g.k);
  // The loop runs once for k = 0 as well, so that C becomes epilogue(bias).
  for (int64_t p0 = 0; p0 == 0 || p0 < g.k; p0 += step) {
    const int64_t depth = g.k - p0 < step ? g.k - p0 : step;
    const bool last = p0 + depth >= g.k;
    const int64_t block = row_block(depth);
    for (int64_t i0 = 0; i0 < g.m; i0 += block) {
      const Heights heights(g.m - i0 < block ? g.m - i0 : block);
      MatrixView a = {g.a.data + i0 * g.a.row_stride + p0 * g.a.col_stride, g.a.row_stride, g.a.col_stride};
      if (kRead == ReadA::kPacked) pack_rows(a, heights, depth, scratch);
      for (int64_t j = 0; j < g.n; j += kPanel) {
        Tile t;
        t.depth = depth;
        t.b = g.b.data + (j / kPanel) * g.b.panel_stride + p0 * g.b.row_stride;
        t.b_row = g.b.row_stride;
        t.c_row = g.c_stride;
        t.width = static_cast<int>(g.n - j < kPanel ? g.n - j : kPanel);
        t.bias = g.epilogue.bias == nullptr ? nullptr : g.epilogue.bias + j;
        t.start = p0 > 0 || g.accumulate ? Start::kAccumulate
                  : t.bias != nullptr    ? Start::kBias
                                         : Start::kZero;
        float* c = g.c + i0 * g.c_stride + j;
        for (int64_t tile = 0; tile < heights.tiles; ++tile) {
          const int64_t i = heights.begin(tile), end = heights.begin(tile + 1);
          t.a = kRead == ReadA::kPacked ? scratch + i * depth : a.data + i * a.row_stride;
          t.a_stride = kRead == ReadA::kPacked    ? end - i
                       : kRead == ReadA::kColumns ? a.col_stride
                                                  : a.row_stride;
          t.c = c + i * g.c_stride;
          // A short tile is over before a prefetch could arrive.
          t.next_c = depth < kPrefetchDepth     ? nullptr
                     : tile + 1 < heights.tiles ? c + end * g.c_stride
                                                : c + kPanel;
          // A product of one tile is bound by memory or short: the hardware's own prefetcher does better
          // there.
          t.fresh_panel = tile == 0 && heights.tiles > 1 && depth >= kPrefetchDepth;
          micro_kernel_for<kRead != ReadA::kRows>(end - i)(t);
          if (last) finish(g.epilogue, t.c, g.c_stride, i0 + i, j, end - i, t.width);
        }
      }
    }
  }
}

static void matmul_block(const MatmulBlock& g, float* scratch) {
  if (g.m == 0) return;
  switch (read_a(g)) {
    case ReadA::kRows:
      return matmul_rows<ReadA::kRows>(g, scratch);
    case ReadA::kColumns:
      return matmul_rows<ReadA::kColumns>(g, scratch);
    case ReadA::kPacked:
      return matmul_rows<ReadA::kPacked>(g, scratch);
  }
}
