// Terms that are summed one after the other before their sum joins the others.
inline constexpr int64_t kReduceRun = 64;

template <ReduceOp kOp>
SA_INLINE Vec reduce_two(Vec a, Vec b) {
  if (kOp == ReduceOp::kMax) return vmaximum(a, b);
  if (kOp == ReduceOp::kMin) return vminimum(a, b);
  return vadd(a, b);
}

template <ReduceOp kOp>
SA_INLINE Vec reduce_nothing() {
  if (kOp == ReduceOp::kMax) return vset(-INFINITY);
  if (kOp == ReduceOp::kMin) return vset(INFINITY);
  return vzero();
}

// All lanes of `v` and `total` in one.
template <ReduceOp kOp>
static float reduce_lanes(Vec v, float total) {
  if (kOp == ReduceOp::kSum) return total + vreduce_add(v);
  // The maximum over lanes does not show NaN: a sum of zeros and them does.
  const float nan = vreduce_add(vselect_number(v, vzero(), v));
  if (nan != nan || total != total) return NAN;
  if (kOp == ReduceOp::kMax) {
    const float max = vreduce_max(v);
    return max > total ? max : total;
  }
  const float min = -vreduce_max(vmul(v, vset(-1.0f)));
  return min < total ? min : total;
}

// n contiguous elements.
template <ReduceOp kOp>
static float reduce_row(const float* x, int64_t n) {
  const Vec nothing = reduce_nothing<kOp>();
  float total = kOp == ReduceOp::kSum ? 0.0f : kOp == ReduceOp::kMax ? -INFINITY : INFINITY;
  for (int64_t begin = 0; begin < n; begin += kReduceRun * 4 * kLanes) {
    const int64_t end = n - begin < kReduceRun * 4 * kLanes ? n : begin + kReduceRun * 4 * kLanes;
    // Four chains hide the latency of the addition and are shorter than one.
    Vec s0 = nothing, s1 = nothing, s2 = nothing, s3 = nothing;
    int64_t i = begin;
    for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
      s0 = reduce_two<kOp>(s0, vload(x + i));
      s1 = reduce_two<kOp>(s1, vload(x + i + kLanes));
      s2 = reduce_two<kOp>(s2, vload(x + i + 2 * kLanes));
      s3 = reduce_two<kOp>(s3, vload(x + i + 3 * kLanes));
    }
    for (; i + kLanes <= end; i += kLanes) s0 = reduce_two<kOp>(s0, vload(x + i));
    if (i < end) {
      const int left = static_cast<int>(end - i);
      s1 = reduce_two<kOp>(s1, vselect_first(left, vload_first(x + i, left), nothing));
    }
    total = reduce_lanes<kOp>(reduce_two<kOp>(reduce_two<kOp>(s0, s1), reduce_two<kOp>(s2, s3)), total);
  }
  return total;
}

// `size` rows `inner` apart, kVectors vectors of columns of which the last holds `last` columns.
template <ReduceOp kOp, int kVectors>
SA_INLINE void reduce_columns(const float* x, int64_t size, int64_t inner, float* out, int last) {
  const Vec nothing = reduce_nothing<kOp>();
  Vec total[kVectors];
  for (int v = 0; v < kVectors; ++v) total[v] = nothing;
  for (int64_t begin = 0; begin < size; begin += kReduceRun) {
    const int64_t end = size - begin < kReduceRun ? size : begin + kReduceRun;
    Vec run[kVectors];
    SA_UNROLL
    for (int v = 0; v < kVectors; ++v) run[v] = nothing;
    for (int64_t i = begin; i < end; ++i) {
      SA_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const float* from = x + i * inner + v * kLanes;
        run[v] = reduce_two<kOp>(run[v], kVectors > 1 ? vload(from) : vload_row(from, last));
      }
    }
    SA_UNROLL
    for (int v = 0; v < kVectors; ++v) total[v] = reduce_two<kOp>(total[v], run[v]);
  }
  for (int v = 0; v < kVectors; ++v) vstore_row(out + v * kLanes, total[v], kVectors > 1 ? kLanes : last);
}

template <ReduceOp kOp>
static void reduce_part(const Reduce& p, int64_t begin, int64_t end, int64_t column, int64_t columns) {
  constexpr int kWide = 4;
  for (int64_t o = begin; o < end; ++o) {
    const float* x = p.x + o * p.x_outer;
    float* out = p.out + o * p.inner;
    if (p.inner == 1) {
      *out = reduce_row<kOp>(x, p.size);
      continue;
    }
    int64_t j = column;
    for (; j + kWide * kLanes <= columns; j += kWide * kLanes) {
      reduce_columns<kOp, kWide>(x + j, p.size, p.inner, out + j, kLanes);
    }
    for (; j < columns; j += kLanes) {
      const int width = static_cast<int>(columns - j < kLanes ? columns - j : kLanes);
      reduce_columns<kOp, 1>(x + j, p.size, p.inner, out + j, width);
    }
  }
}

// Columns [column, columns) of the outer indices [begin, end).
static void reduce_block(const Reduce& p, int64_t begin, int64_t end, int64_t column, int64_t columns) {
  if (p.op == ReduceOp::kMax) return reduce_part<ReduceOp::kMax>(p, begin, end, column, columns);
  if (p.op == ReduceOp::kMin) return reduce_part<ReduceOp::kMin>(p, begin, end, column, columns);
  reduce_part<ReduceOp::kSum>(p, begin, end, column, columns);
  if (p.op == ReduceOp::kSum) return;
  const float size = static_cast<float>(p.size);
  for (int64_t o = begin; o < end; ++o) {
    for (int64_t j = column; j < columns; ++j) p.out[o * p.inner + j] /= size;
  }
}
