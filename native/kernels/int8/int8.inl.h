// The algorithm, once for all tiers: groups of four steps of k are one step of the micro-kernel.

static_assert(kInt8Rows <= kMatmulRows, "tiles of A are cut by Heights");

static size_t int8_packed_size(int64_t k, int64_t n) {
  return static_cast<size_t>((n + kPanel - 1) / kPanel * kPanel * int8_column_bytes(k));
}

// Largest sum of two neighbouring weights where they are summed: 255 x 128 fits into 16 bits.
inline constexpr int kInt8PairMax = 128;

// Step of which the largest magnitude takes 127, and the largest two neighbours together 128 at most. NaN
// when some element is not finite.
static float int8_column_scale(const float* column, ptrdiff_t stride, int64_t k) {
  float largest = 0.0f, finite = 0.0f, neighbour = 0.0f;
  for (int64_t p = 0; p < k; ++p) {
    const float magnitude = std::fabs(column[p * stride]);
    if (kInt8SumsPairs && p % 2 == 1) {
      const float together = (magnitude + neighbour) * (127.0f / kInt8PairMax);
      largest = together > largest ? together : largest;
    }
    largest = magnitude > largest ? magnitude : largest;
    neighbour = magnitude;
    finite += magnitude * 0.0f;
  }
  return int8_step(largest, finite);
}

static void int8_pack(const MatrixView& b, int64_t k, int64_t n, const Int8Panels& to) {
  const int64_t depth = int8_column_bytes(k);
  for (int64_t j = 0; j < (n + kPanel - 1) / kPanel * kPanel; ++j) {
    int8_t* panel = to.data + j / kPanel * kPanel * depth + j % kPanel * kInt8Group;
    const float* column = b.data + j * b.col_stride;
    const float scale = j < n ? int8_column_scale(column, b.row_stride, k) : 0.0f;
    const float inverse = int8_inverse(scale);
    int32_t sum = 0, before = 0;
    for (int64_t p = 0; p < depth; ++p) {
      int32_t w = 0;
      if (p < k && inverse > 0.0f) {
        w = static_cast<int32_t>(std::nearbyint(column[p * b.row_stride] * inverse));
        // The roundings of scale and product may take two neighbours one beyond their limit.
        if (kInt8SumsPairs && p % 2 == 1 && std::abs(w) + std::abs(before) > kInt8PairMax)
          w -= w > 0 ? 1 : -1;
      }
      before = w;
      sum += w;
      panel[p / kInt8Group * kPanel * kInt8Group + p % kInt8Group] = static_cast<int8_t>(w);
    }
    to.sums[j] = sum;
    to.scales[j] = scale;
  }
}

static void int8_quantize_rows(const Int8Rows& a, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float* x = a.x + i * a.x_stride;
    uint8_t* q = a.data + i * a.stride;
    Vec low = vzero(), high = vzero(), finite = vzero();
    for (int64_t p = 0; p < a.k; p += kLanes) {
      const int n = static_cast<int>(a.k - p < kLanes ? a.k - p : kLanes);
      const Vec v = vload_row(x + p, n);
      low = vmin(v, low);
      high = vmax(v, high);
      finite = vmuladd(v, vzero(), finite);
    }
    const float least = -vreduce_max(vsub(vzero(), low)), span = vreduce_max(high) - least;
    const float inverse = span > 1e-30f && span <= kLargest ? 255.0f / span : 0.0f;
    const int32_t zero = inverse > 0.0f ? static_cast<int32_t>(std::nearbyint(-least * inverse)) : 0;
    // NaN and infinity, and a span beyond float32, reach the result through the scale.
    a.scales[i] = span / 255.0f + vreduce_add(finite);
    a.zeros[i] = zero;
    const Vec factor = vset(inverse), shift = vset(static_cast<float>(zero - kInt8Offset));
    const Vec bottom = vset(static_cast<float>(-kInt8Offset)),
              top = vset(static_cast<float>(255 - kInt8Offset));
    for (int64_t p = 0; p < a.k; p += kLanes) {
      const int n = static_cast<int>(a.k - p < kLanes ? a.k - p : kLanes);
      // In this order NaN becomes `bottom` instead of an integer without meaning.
      const Vec v = vmin(vmax(vround(vfma(vload_row(x + p, n), factor, shift)), bottom), top);
      vstore_bytes(q + p, v, n);
    }
    std::memset(q + a.k, 0, static_cast<size_t>(a.stride - a.k));
  }
}

struct Int8Tile {
  int64_t groups;
  const uint8_t* a;
  ptrdiff_t a_row;
  const int8_t* b;
  const int32_t* zeros;
  const float* row_scales;
  const int32_t* sums;
  const float* scales;
  const float* bias;  // or null
  float* c;
  ptrdiff_t c_row;
  int width;
};

template <int kRows>
static void int8_micro_kernel(const Int8Tile& t) {
  IVec acc[kRows][kMatmulVectors];
  SA_UNROLL
  for (int i = 0; i < kRows; ++i) {
    SA_UNROLL
    for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = izero();
  }
  const uint8_t* a = t.a;
  const int8_t* b = t.b;
  for (int64_t p = t.groups; p > 0; --p) {
    IVec bv[kMatmulVectors];
    SA_UNROLL
    for (int v = 0; v < kMatmulVectors; ++v) bv[v] = iload(b + v * kLanes * kInt8Group);
    for (int v = 0; v < kPanel * kInt8Group; v += 64) SA_PREFETCH(b + 16 * kPanel * kInt8Group + v);
    SA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const IVec av = ibroadcast(a + i * t.a_row);
      SA_UNROLL
      for (int v = 0; v < kMatmulVectors; ++v) acc[i][v] = idot(acc[i][v], av, bv[v]);
    }
    a += kInt8Group;
    b += kPanel * kInt8Group;
  }
  SA_UNROLL
  for (int v = 0; v < kMatmulVectors; ++v) {
    const int left = t.width - v * kLanes, n = left > kLanes ? kLanes : left;
    if (n <= 0) break;
    const IVec sums = iload32(t.sums + v * kLanes);
    const Vec scales = vload(t.scales + v * kLanes);
    const Vec bias = t.bias == nullptr ? vzero() : vload_row(t.bias + v * kLanes, n);
    SA_UNROLL
    for (int i = 0; i < kRows; ++i) {
      const IVec exact = iadd(acc[i][v], imul(iset(kInt8Offset - t.zeros[i]), sums));
      const Vec x = vfma(ito_float(exact), vmul(vset(t.row_scales[i]), scales), bias);
      vstore_row(t.c + i * t.c_row + v * kLanes, x, n);
    }
  }
}

template <int... kHeights>
static void int8_tile(int64_t rows, const Int8Tile& t, std::integer_sequence<int, kHeights...>) {
  using Kernel = void (*)(const Int8Tile&);
  static constexpr Kernel kTable[] = {int8_micro_kernel<kHeights + 1>...};
  kTable[rows - 1](t);
}

// Rows of A at a time: 256 KiB of them stay in L2.
static int64_t int8_row_block(int64_t stride) {
  const int64_t rows = (int64_t{256} << 10) / stride / kInt8Rows * kInt8Rows;
  return rows < kInt8Rows ? kInt8Rows : rows;
}

static void int8_block(const Int8Block& g) {
  const int64_t depth = int8_column_bytes(g.k);
  const int64_t block = int8_row_block(g.a.stride);
  for (int64_t i0 = 0; i0 < g.m; i0 += block) {
    const Heights heights(g.m - i0 < block ? g.m - i0 : block, kInt8Rows);
    for (int64_t j = 0; j < g.n; j += kPanel) {
      Int8Tile t;
      t.groups = depth / kInt8Group;
      t.a_row = g.a.stride;
      t.b = g.b.data + j * depth;
      t.sums = g.b.sums + j;
      t.scales = g.b.scales + j;
      t.bias = g.epilogue.bias == nullptr ? nullptr : g.epilogue.bias + j;
      t.c_row = g.c_stride;
      t.width = static_cast<int>(g.n - j < kPanel ? g.n - j : kPanel);
      Epilogue rest = g.epilogue;
      rest.row_scale = nullptr;
      for (int64_t tile = 0; tile < heights.tiles; ++tile) {
        const int64_t i = i0 + heights.begin(tile), rows = i0 + heights.begin(tile + 1) - i;
        t.a = g.a.data + i * g.a.stride;
        t.zeros = g.a.zeros + i;
        t.row_scales = g.a.scales + i;
        t.c = g.c + i * g.c_stride + j;
        int8_tile(rows, t, std::make_integer_sequence<int, kInt8Rows>());
        finish(rest, t.c, g.c_stride, i, j, rows, t.width);
      }
    }
  }
}
