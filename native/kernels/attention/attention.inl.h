// Rows of queries against blocks of keys, with a running maximum and sum where the keys need several blocks.

// Queries of a tile: whole tiles of the micro-kernel.
inline constexpr int kAttentionRows = 84 / kMatmulRows * kMatmulRows;

static int64_t panel_columns(int64_t n) { return (n + kPanel - 1) / kPanel * kPanel; }

// One block of keys, except when the softmax itself is wanted: then the tile spans all keys.
static int64_t key_block(const Attention& p) {
  const int64_t limit = p.weights != nullptr ? p.keys : kAttentionKeys;
  return panel_columns(p.keys < limit ? p.keys : limit);
}

// Layout of the caller's scratch, in floats; every part starts on a 64-byte boundary.
struct AttentionScratch {
  float *values, *tile, *second, *row_max, *row_sum, *matmul, *kept, *spoilt, *panels[kMaxScoreSources];
  size_t size;
};

// A mask that is the same for every query: it belongs to the values.
static bool padding_mask(const Attention& p) { return p.mask != nullptr && p.mask_strides.row == 0; }

// Whether some queries may see a key that others may not.
static bool hides_keys(const Attention& p) {
  return p.before >= 0 || p.after >= 0 || (p.mask != nullptr && !padding_mask(p));
}

// Prepared scores under a mask that is the same for every query: the mask then belongs to the values and
// sums.
static bool padded_scores(const Attention& p) {
  return p.sources[0].kind == ScoreKind::kPrepared && padding_mask(p);
}

static size_t round_up_16(size_t n) { return (n + 15) & ~static_cast<size_t>(15); }

static AttentionScratch attention_layout(const Attention& p, float* base) {
  AttentionScratch s = {};
  size_t at = 0;
  auto take = [&](size_t n) {
    float* part = base == nullptr ? nullptr : base + at;
    at += round_up_16(n);
    return part;
  };
  const size_t tile = static_cast<size_t>(kAttentionRows) * static_cast<size_t>(key_block(p));
  s.values = take(packed_size(p.keys, p.value_columns));
  s.tile = take(tile);
  s.second = take(p.source_count > 1 ? tile : 0);
  s.row_max = take(kAttentionRows);
  s.row_sum = take(kAttentionRows);
  s.matmul = take(kMatmulScratch);
  s.kept = take(padded_scores(p) ? static_cast<size_t>(p.keys) : 0);
  s.spoilt = take(hides_keys(p) ? static_cast<size_t>(p.keys) : 0);
  for (int i = 0; i < p.source_count; ++i) {
    if (p.sources[i].kind == ScoreKind::kProduct) s.panels[i] = take(packed_size(p.sources[i].depth, p.keys));
  }
  s.size = at;
  return s;
}

static size_t attention_scratch(const Attention& p) { return attention_layout(p, nullptr).size; }

// One (batch, head) and its block of queries [row, row + rows).
struct AttentionRows {
  int64_t b, h, row, rows;
};

SA_INLINE ptrdiff_t at(const HeadStrides& s, int64_t b, int64_t h, int64_t row) {
  return b * s.batch + h * s.head + row * s.row;
}

// Keys [begin, end) that a query may see by its position.
struct Reach {
  int64_t begin, end;
};

SA_INLINE Reach reach_of(const Attention& p, int64_t row) {
  const int64_t at = p.position + row;
  Reach r = {0, p.keys};
  if (p.after >= 0 && at + p.after + 1 < p.keys) r.end = at + p.after + 1;
  if (p.before >= 0 && at > p.before) r.begin = at - p.before < r.end ? at - p.before : r.end;
  return r;
}

// tile(j - j0) = a(j mod depth) b(j / depth), a run of equal b at a time.
static void outer_row(const float* a, const float* b, int64_t depth, int64_t j0, int64_t columns,
                      float* tile) {
  int64_t from = j0 % depth, q = j0 / depth;
  for (int64_t j = 0; j < columns; ++q, from = 0) {
    const int64_t run = depth - from < columns - j ? depth - from : columns - j;
    const Vec factor = vset(b[q]);
    for (int64_t c = 0; c < run; c += kLanes) {
      const int width = static_cast<int>(run - c < kLanes ? run - c : kLanes);
      vstore_row(tile + j + c, vmul(vload_row(a + from + c, width), factor), width);
    }
    j += run;
  }
}

// sum_c v(c) tanh(factor (x(c) + y(c)))
static float additive_logit(const float* x, const float* y, const float* v, int64_t depth, Vec factor,
                            const ExpScale& twice) {
  Vec sum = vzero();
  for (int64_t c = 0; c < depth; c += kLanes) {
    const int width = static_cast<int>(depth - c < kLanes ? depth - c : kLanes);
    const Vec t = vtanh(vmul(factor, vadd(vload_row(x + c, width), vload_row(y + c, width))), twice);
    // Lanes behind the end hold tanh(0).
    sum = v == nullptr ? vadd(sum, t) : vmuladd(vload_row(v + c, width), t, sum);
  }
  return vreduce_add(sum);
}

// Logits of the kinds that are no matrix product.
static void elementwise_logits(const Attention& p, const ScoreSource& source, const AttentionRows& r,
                               int64_t j0, int64_t columns, float* tile, int64_t tile_row) {
  const float* left = source.left + at(source.left_strides, r.b, r.h, r.row);
  if (source.kind == ScoreKind::kMatrix) {
    for (int64_t i = 0; i < r.rows; ++i) {
      std::memcpy(tile + i * tile_row, left + i * source.left_strides.row + j0, sizeof(float) * columns);
    }
  } else if (source.kind == ScoreKind::kOuter) {
    const float* right = source.right + at(source.right_strides, r.b, r.h, r.row);
    for (int64_t i = 0; i < r.rows; ++i) {
      outer_row(left + i * source.left_strides.row, right + i * source.right_strides.row, source.depth, j0,
                columns, tile + i * tile_row);
    }
  } else {
    const float* right = source.right + at(source.right_strides, r.b, r.h / p.kv_group, j0);
    const ExpScale twice(2.0f);
    const Vec factor = vset(source.factor);
    for (int64_t i = 0; i < r.rows; ++i) {
      for (int64_t j = 0; j < columns; ++j) {
        tile[i * tile_row + j] =
            additive_logit(left + i * source.left_strides.row, right + j * source.right_strides.row,
                           source.feature_weights, source.depth, factor, twice);
      }
    }
  }
}

// tile[rows, columns] = logits of one source for keys [j0, j0 + columns).
static void source_logits(const Attention& p, const AttentionScratch& s, int index, const AttentionRows& r,
                          int64_t j0, int64_t columns, float* tile, int64_t tile_row) {
  const ScoreSource& source = p.sources[index];
  if (source.kind != ScoreKind::kProduct && source.kind != ScoreKind::kPanels) {
    elementwise_logits(p, source, r, j0, columns, tile, tile_row);
    return;
  }
  const float* left = source.left + at(source.left_strides, r.b, r.h, r.row);
  const float* bias = source.bias == nullptr ? nullptr : source.bias + r.h * source.bias_head + j0;
  MatmulBlock g;
  g.m = r.rows;
  // Whole panels where nothing but panels is read: a tile that ends inside of one takes longer.
  g.n = bias == nullptr ? panel_columns(columns) : columns;
  g.k = source.depth;
  g.a = {left, source.left_strides.row, 1};
  const float* panels = source.kind == ScoreKind::kPanels ? source.right + r.b * source.right_strides.batch +
                                                                r.h * source.right_strides.head
                                                          : s.panels[index];
  g.b = {panels + j0 * source.depth, kPanel, source.depth * kPanel};
  g.c = tile;
  g.c_stride = tile_row;
  g.epilogue.bias = bias;
  matmul_block(g, s.matmul);
}

static void weigh_into(float* tile, const float* other, int64_t rows, int64_t columns, int64_t row,
                       float weight, bool first) {
  const Vec w = vset(weight);
  for (int64_t i = 0; i < rows; ++i) {
    float* t = tile + i * row;
    const float* o = other + i * row;
    // Rows of the tile are whole panels long, so that full vectors stay inside of it.
    for (int64_t j = 0; j < columns; j += kLanes) {
      vstore(t + j, first ? vmul(w, vload(o + j)) : vmuladd(w, vload(o + j), vload(t + j)));
    }
  }
}

// Logits of the whole mixture. Returns the factor still to be applied: a lone source leaves its weight to the
// softmax, which applies it without risk of overflow.
static float mixture_logits(const Attention& p, const AttentionScratch& s, const AttentionRows& r, int64_t j0,
                            int64_t columns, int64_t tile_row) {
  if (p.source_count == 1) {
    source_logits(p, s, 0, r, j0, columns, s.tile, tile_row);
    return p.sources[0].weight;
  }
  for (int i = 0; i < p.source_count; ++i) {
    float* to = i == 0 ? s.tile : s.second;
    source_logits(p, s, i, r, j0, columns, to, tile_row);
    weigh_into(s.tile, to, r.rows, columns, tile_row, p.sources[i].weight, i == 0);
  }
  return 1.0f;
}

SA_INLINE const uint8_t* mask_row(const Attention& p, const AttentionRows& r, int64_t i) {
  return p.mask == nullptr ? nullptr : p.mask + at(p.mask_strides, r.b, r.h, r.row + i);
}

// to[rows, value columns] (+)= weights[rows, columns] values[j0 ...]; the rows are then multiplied by
// `scale`.
static void weigh_values(const Attention& p, const AttentionScratch& s, int64_t rows, const float* weights,
                         ptrdiff_t weights_row, int64_t j0, int64_t columns, bool accumulate, float* to,
                         ptrdiff_t to_row, const float* scale) {
  MatmulBlock g;
  g.m = rows;
  g.n = p.value_columns;
  g.k = columns;
  g.a = {weights, weights_row, 1};
  g.b = {s.values + j0 * kPanel, kPanel, p.keys * kPanel};
  g.c = to;
  g.c_stride = to_row;
  g.accumulate = accumulate;
  g.epilogue.row_scale = scale;
  matmul_block(g, s.matmul);
}

// row_sum becomes 1 / row_sum; 0, and so zeros in the output, for rows without any visible key.
static void invert_sums(const AttentionScratch& s, int64_t rows) {
  for (int64_t i = 0; i < rows; ++i) s.row_sum[i] = s.row_sum[i] == 0.0f ? 0.0f : 1.0f / s.row_sum[i];
}

// The softmax as the caller wants to see it: tile * row_sum (inverted by now), zeros behind the visible keys.
static void write_weights(const Attention& p, const AttentionScratch& s, const AttentionRows& r,
                          int64_t reach, int64_t tile_row) {
  for (int64_t i = 0; i < r.rows; ++i) {
    float* to = p.weights + ((r.b * p.heads + r.h) * p.queries + r.row + i) * p.keys;
    std::memcpy(to, s.tile + i * tile_row, sizeof(float) * reach);
    row_scale(to, reach, s.row_sum[i]);
    row_zero(to + reach, p.keys - reach);
    if (s.row_sum[i] == s.row_sum[i]) continue;
    // 0 * NaN is not 0.
    const Reach own = reach_of(p, r.row + i);
    row_zero(to, own.begin);
    row_zero(to + own.end, p.keys - own.end);
    if (p.mask != nullptr) row_zero_masked(to, reach, mask_row(p, r, i));
  }
}

// Logits of one row [columns] of the tile become exponentials relative to the row's maximum so far; what
// earlier blocks of keys gave is brought to a new maximum.
template <bool kNegated>
static void softmax_tile_row(const AttentionScratch& s, int64_t i, float* x, int64_t n, int64_t columns,
                             const uint8_t* mask, const ExpScale& scale, float factor, float* earlier,
                             int64_t earlier_columns) {
  const float top = row_max<kNegated>(x, n, mask);
  const float before = s.row_max[i];
  const float max = top > before || top != top ? top : before;
  if (max == -INFINITY) {
    row_zero(x, columns);
    return;
  }
  const float sum = row_exp<kNegated>(x, x, n, mask, max, scale);
  row_zero(x + n, columns - n);
  if (earlier != nullptr && max != before) {
    const float shrink = before == -INFINITY ? 0.0f : std::exp((before - max) * factor);
    s.row_sum[i] *= shrink;
    row_scale(earlier, earlier_columns, shrink);
  }
  s.row_sum[i] += sum;
  s.row_max[i] = max;
}

template <bool kNegated>
static void softmax_tile(const Attention& p, const AttentionScratch& s, const AttentionRows& r, int64_t j0,
                         int64_t columns, int64_t tile_row, float factor, bool first, float* out,
                         ptrdiff_t out_row) {
  const ExpScale scale(factor);
  for (int64_t i = 0; i < r.rows; ++i) {
    const Reach reach = reach_of(p, r.row + i);
    const int64_t end = reach.end < j0 ? 0 : reach.end - j0 > columns ? columns : reach.end - j0;
    const int64_t begin = reach.begin < j0 ? 0 : reach.begin - j0 > end ? end : reach.begin - j0;
    const uint8_t* mask = mask_row(p, r, i);
    if (mask != nullptr) mask += j0 + begin;
    float* x = s.tile + i * tile_row;
    row_zero(x, begin);
    softmax_tile_row<kNegated>(s, i, x + begin, end - begin, columns - begin, mask, scale, factor,
                               first ? nullptr : out + i * out_row, p.value_columns);
  }
}

static void softmax_attention(const Attention& p, const AttentionScratch& s, const AttentionRows& r) {
  const int64_t block = key_block(p);
  const int64_t reach = reach_of(p, r.row + r.rows - 1).end;
  // Whole panels before a window are skipped; the softmax itself, where it is wanted, is written from key 0
  // on.
  const int64_t start = p.weights != nullptr ? 0 : reach_of(p, r.row).begin / kPanel * kPanel;
  float* out = p.out + at(p.out_strides, r.b, r.h, r.row);
  const ptrdiff_t out_row = p.out_strides.row;
  for (int64_t i = 0; i < r.rows; ++i) {
    s.row_max[i] = -INFINITY;
    s.row_sum[i] = 0.0f;
  }
  // Blocks end at multiples of their size wherever the first one starts: how a row adds up must not depend on
  // the rows beside it, which depend on the threads.
  for (int64_t j0 = start, end; j0 < reach; j0 = end) {
    end = j0 / block * block + block;
    if (end > reach) end = reach;
    const bool first = j0 == start;
    const int64_t columns = end - j0;
    const float factor = mixture_logits(p, s, r, j0, columns, block);
    if (factor < 0.0f) {
      softmax_tile<true>(p, s, r, j0, columns, block, -factor, first, out, out_row);
    } else {
      softmax_tile<false>(p, s, r, j0, columns, block, factor, first, out, out_row);
    }
    const bool last = end == reach;
    if (last) invert_sums(s, r.rows);
    weigh_values(p, s, r.rows, s.tile, block, j0, columns, !first, out, out_row, last ? s.row_sum : nullptr);
  }
  // A weight of 0 does not make a value that is not finite 0.
  for (int64_t i = 0; i < r.rows; ++i) {
    if (s.row_sum[i] == 0.0f) row_zero(out + i * out_row, p.value_columns);
  }
  if (p.weights != nullptr) write_weights(p, s, r, reach, block);
}

// Sums below this have lost precision to underflow (the row maximum counts 1).
inline constexpr float kPreparedFloor = 1e-30f;

// The value of key j becomes 0.
static void drop_value(const Attention& p, const AttentionScratch& s, int64_t j) {
  const int64_t panels = panel_columns(p.value_columns) / kPanel;
  for (int64_t panel = 0; panel < panels; ++panel) {
    row_zero(s.values + (panel * p.keys + j) * kPanel, kPanel);
  }
}

// Values that no query sees become 0, whatever they are. For prepared scores kept(j) = 1 where the mask lets
// key j through, else 0.
static void drop_masked_values(const Attention& p, const AttentionScratch& s, const uint8_t* mask) {
  const bool prepared = padded_scores(p);
  for (int64_t j = 0; j < p.keys; ++j) {
    if (prepared) s.kept[j] = mask[j] != 0 ? 1.0f : 0.0f;
    if (mask[j] == 0) drop_value(p, s, j);
  }
}

// Sum of the exponentials e over the first n keys that are kept.
static float kept_sum(const float* e, const float* kept, int64_t n) {
  Vec sum = vzero(), other = vzero();
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    sum = vmuladd(vload(e + j), vload(kept + j), sum);
    other = vmuladd(vload(e + j + kLanes), vload(kept + j + kLanes), other);
  }
  for (; j < n; j += kLanes) {
    const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
    sum = vmuladd(vload_row(e + j, width), vload_row(kept + j, width), sum);
  }
  return vreduce_add(vadd(sum, other));
}

// Sum of the exponentials of row i over what it sees.
static float prepared_sum(const Attention& p, const AttentionScratch& s, const AttentionRows& r, int64_t i) {
  const ScoreSource& source = p.sources[0];
  const int64_t end = reach_of(p, r.row + i).end;
  const ptrdiff_t row = at(source.left_strides, r.b, r.h, r.row + i);
  return padded_scores(p) ? kept_sum(source.left + row, s.kept, end) : source.prepared.sums[row + end - 1];
}

// No exponential: the matrix of exponentials is the left operand as it lies. s.row_sum holds the rows' sums.
static void weigh_prepared(const Attention& p, const AttentionScratch& s, const AttentionRows& r) {
  const HeadStrides& strides = p.sources[0].left_strides;
  const float* e = p.sources[0].left + at(strides, r.b, r.h, r.row);
  invert_sums(s, r.rows);
  float* out = p.out + at(p.out_strides, r.b, r.h, r.row);
  const ptrdiff_t out_row = p.out_strides.row;
  // What the first row sees, all rows see: no copy there.
  const int64_t plain = reach_of(p, r.row).end;
  const int64_t rest = reach_of(p, r.row + r.rows - 1).end - plain;
  weigh_values(p, s, r.rows, e, strides.row, 0, plain, false, out, out_row, rest > 0 ? nullptr : s.row_sum);
  if (rest > 0) {
    const int64_t tile_row = panel_columns(rest);
    for (int64_t i = 0; i < r.rows; ++i) {
      const int64_t n = reach_of(p, r.row + i).end - plain;
      std::memcpy(s.tile + i * tile_row, e + i * strides.row + plain, sizeof(float) * n);
      row_zero(s.tile + i * tile_row + n, rest - n);
    }
    weigh_values(p, s, r.rows, s.tile, tile_row, plain, rest, true, out, out_row, s.row_sum);
  }
}

// Prepared scores, a run of rows at a time that are alike: rows whose sums underflow are computed from the
// logits, and only those, so that no row depends on its neighbours.
static void prepared_attention(const Attention& p, const AttentionScratch& s, const AttentionRows& r) {
  Attention from_logits = p;
  from_logits.sources[0].kind = ScoreKind::kMatrix;
  from_logits.sources[0].left = p.sources[0].prepared.logits;
  // The softmax itself needs its zeros; sums of what a window leaves would be differences that cancel.
  if (p.keys == 0 || p.weights != nullptr || p.before >= 0 || (p.mask != nullptr && !padded_scores(p))) {
    softmax_attention(from_logits, s, r);
    return;
  }
  AttentionRows run = r;
  for (int64_t done = 0; done < r.rows; done += run.rows) {
    run.row = r.row + done;
    run.rows = 0;
    bool usable = true;
    for (; done + run.rows < r.rows; ++run.rows) {
      const float sum = prepared_sum(p, s, run, run.rows);
      const bool enough = sum >= kPreparedFloor;
      if (run.rows > 0 && enough != usable) break;
      usable = enough;
      s.row_sum[run.rows] = sum;
    }
    if (usable) {
      weigh_prepared(p, s, run);
    } else {
      softmax_attention(from_logits, s, run);
    }
  }
}

static void prepare_scores_rows(const PrepareScores& p, int64_t begin, int64_t end) {
  const ExpScale scale(1.0f);
  for (int64_t r = begin; r < end; ++r) {
    const float* x = p.logits + r * p.columns;
    float* e = p.exponentials + r * p.columns;
    const float max = row_max<false>(x, p.columns, nullptr);
    if (max == -INFINITY) {
      row_zero(e, p.columns);
    } else {
      row_exp<false>(x, e, p.columns, nullptr, max, scale);
    }
    // In double: a running sum of a thousand floats would lose its last bits.
    double sum = 0.0;
    for (int64_t j = 0; j < p.columns; ++j) {
      sum += e[j];
      p.sums[r * p.columns + j] = static_cast<float>(sum);
    }
  }
}

static void attend_rows(const Attention& p, const AttentionScratch& s, const AttentionRows& r) {
  if (p.sources[0].kind == ScoreKind::kPrepared) {
    prepared_attention(p, s, r);
  } else {
    softmax_attention(p, s, r);
  }
}

#include "kernels/attention/hidden_values.inl.h"

// Queries [begin, end) of one (batch, head); `scratch` holds attention_scratch(p) floats, 64-byte aligned.
static void attention_head(const Attention& p, int64_t b, int64_t h, int64_t begin, int64_t end,
                           float* scratch) {
  const AttentionScratch s = attention_layout(p, scratch);
  const int64_t group = h / p.kv_group;
  pack_panels({p.value + at(p.value_strides, b, group, 0), p.value_strides.row, 1}, p.keys, p.value_columns,
              s.values);
  if (padding_mask(p)) drop_masked_values(p, s, p.mask + at(p.mask_strides, b, h, 0));
  for (int i = 0; i < p.source_count; ++i) {
    const ScoreSource& source = p.sources[i];
    if (source.kind != ScoreKind::kProduct) continue;
    pack_panels({source.right + at(source.right_strides, b, group, 0), 1, source.right_strides.row},
                source.depth, p.keys, s.panels[i]);
  }
  // Blocks of equal height, so that none is left with a row or two.
  const int64_t blocks = (end - begin + kAttentionRows - 1) / kAttentionRows;
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t row = begin + (end - begin) * block / blocks;
    const AttentionRows r = {b, h, row, begin + (end - begin) * (block + 1) / blocks - row};
    attend_rows(p, s, r);
    if (hides_keys(p) && !finite_results(p, r)) attend_apart(p, s, r);
  }
}
