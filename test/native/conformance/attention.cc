// attention: all kinds of scores and their mixtures, masks, broadcasting strides, positions with the causal
// rule and windows, heads that share keys, the softmax as a second output.
#include <limits>

#include "conformance/attention.h"
#include "conformance/matrices.h"
#include "conformance/operations.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

// [batch, heads, rows, columns] in one of the orders that layers use, dense or with gaps, now and then
// broadcast over batches or heads. Returns the size that ends with the last element.
int64_t any_strides(Case& c, int64_t batch, int64_t heads, int64_t rows, int64_t columns, bool broadcast,
                    sa::HeadStrides* s) {
  Random& r = c.random;
  const int64_t gap = r.chance(60) ? 0 : r.between(1, 5);
  if (r.chance(50)) {
    *s = {heads * rows * (columns + gap), rows * (columns + gap), columns + gap};
  } else {  // heads side by side in a row
    *s = {rows * heads * (columns + gap), columns + gap, heads * (columns + gap)};
  }
  if (broadcast && r.chance(15)) s->batch = 0;
  if (broadcast && r.chance(15)) s->head = 0;
  if (batch * heads * rows * columns == 0) return 0;
  return (batch - 1) * s->batch + (heads - 1) * s->head + (rows - 1) * s->row + columns;
}

// Random numbers at the elements; the gaps stay NaN.
Buffer<float>& operand(Case& c, AttentionProblem* p, int64_t heads, int64_t rows, int64_t columns,
                       float range, sa::HeadStrides* s) {
  const int64_t batch = p->call.batch;
  Buffer<float>& buffer = p->add(c.random, any_strides(c, batch, heads, rows, columns, true, s));
  for (int64_t b = 0; b < batch; ++b) {
    for (int64_t h = 0; h < heads; ++h) {
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
          buffer[b * s->batch + h * s->head + i * s->row + j] = c.random.uniform(-range, range);
        }
      }
    }
  }
  return buffer;
}

void add_bias(Case& c, AttentionProblem* p, sa::ScoreSource* source, int64_t columns) {
  if (!c.random.chance(40)) return;
  source->bias_head = c.random.chance(30) ? 0 : columns + c.random.between(0, 3);
  Buffer<float>& bias = p->add(c.random, (p->call.heads - 1) * source->bias_head + columns);
  fill(c, bias, Numbers::kUnit);
  source->bias = bias.data();
}

void add_panels(Case& c, AttentionProblem* p, int index, int64_t columns) {
  sa::ScoreSource& source = p->call.sources[index];
  const int64_t heads = c.random.chance(30) ? 1 : p->call.heads, depth = source.depth;
  const int64_t block = static_cast<int64_t>(c.kernels.packed_size(depth, columns));
  Buffer<float>& plain = p->add(c.random, heads * depth * columns);
  Buffer<float>& packed = p->add(c.random, heads * block);
  fill(c, plain, Numbers::kUnit);
  for (int64_t h = 0; h < heads; ++h) {
    c.kernels.pack_panels({plain.data() + h * depth * columns, columns, 1}, depth, columns,
                          packed.data() + h * block);
  }
  source.right = packed.data();
  source.right_strides = {0, heads == 1 ? 0 : block, 0};
  p->panels[index] = {plain.data(), 0, heads == 1 ? 0 : depth * columns, columns};
}

// Logits as a matrix of `longest` columns, of which the call uses the first ones.
void add_matrix(Case& c, AttentionProblem* p, sa::ScoreSource* source, int64_t longest) {
  Random& r = c.random;
  const float none = -std::numeric_limits<float>::infinity();
  const int64_t heads = r.chance(30) ? 1 : p->call.heads, size = heads * longest * longest;
  Buffer<float>& matrix = p->add(r, size);
  const float range = r.chance(70) ? 2.0f : 40.0f, peak = r.chance(20) ? 100.0f : 0.0f;
  // Minus infinity is a mask in the logits; a mixture's weight could turn its sign.
  const int infinite = p->call.source_count == 1 && source->weight > 0 && r.chance(20) ? 30 : 0;
  for (int64_t i = 0; i < size; ++i) {
    matrix[i] = r.chance(infinite) ? none : r.uniform(-range, range);
    // A maximum beyond the keys in use makes prepared sums underflow.
    if (i % longest == longest - 1) matrix[i] += peak;
  }
  source->left = matrix.data();
  source->left_strides = {0, heads == 1 ? 0 : longest * longest, longest};
  if (source->kind != sa::ScoreKind::kPrepared) return;
  Buffer<float>&e = p->add(r, size), &sums = p->add(r, size);
  sa::run_prepare_scores(c.kernels, matrix.data(), heads * longest, longest, e.data(), sums.data());
  source->left = e.data();
  source->prepared = {sums.data(), matrix.data()};
  p->prepared_columns = longest;
}

void add_source(Case& c, AttentionProblem* p, int index, sa::ScoreKind kind) {
  static constexpr const char* kNames[] = {"product", "panels", "matrix", "prepared", "outer", "additive"};
  Random& r = c.random;
  sa::Attention& call = p->call;
  sa::ScoreSource& source = call.sources[index];
  source.kind = kind;
  static constexpr float kWeights[] = {1.0f, 0.125f, -0.5f, 0.0f, 3.0f};
  if (kind != sa::ScoreKind::kPrepared) source.weight = kWeights[r.chance(50) ? 0 : r.between(0, 4)];
  const int64_t longest = std::max(call.queries, call.keys) + r.between(call.queries + call.keys == 0, 5);
  p->name += std::string(p->name.empty() ? "" : " + ") + kNames[static_cast<int>(kind)];
  if (kind == sa::ScoreKind::kMatrix || kind == sa::ScoreKind::kPrepared) {
    add_matrix(c, p, &source, longest);
    return;
  }
  const int64_t kv_heads = call.heads / call.kv_group;
  source.depth = r.size(kind == sa::ScoreKind::kOuter ? 1 : 0, 20, 130);
  source.left = operand(c, p, call.heads, call.queries, source.depth, 1.5f, &source.left_strides).data();
  if (kind == sa::ScoreKind::kProduct) {
    source.right = operand(c, p, kv_heads, call.keys, source.depth, 1.5f, &source.right_strides).data();
    add_bias(c, p, &source, call.keys);
  } else if (kind == sa::ScoreKind::kOuter) {
    const int64_t columns = (call.keys + source.depth - 1) / source.depth;
    source.right = operand(c, p, call.heads, call.queries, columns, 1.5f, &source.right_strides).data();
  } else if (kind == sa::ScoreKind::kAdditive) {
    source.right = operand(c, p, kv_heads, call.keys, source.depth, 1.5f, &source.right_strides).data();
    source.factor = r.chance(50) ? 1.0f : r.uniform(-4.0f, 4.0f);
    if (r.chance(60)) {
      Buffer<float>& weights = p->add(r, source.depth);
      fill(c, weights, Numbers::kUnit);
      source.feature_weights = weights.data();
    }
  } else {
    add_panels(c, p, index, longest);
    add_bias(c, p, &source, longest);
  }
}

// The first query's position and how far each query sees to both sides: nowhere, a little, everywhere.
void add_window(Case& c, sa::Attention* call) {
  Random& r = c.random;
  const int64_t far = call->queries + call->keys;
  call->position = r.chance(60) ? 0 : r.between(0, far);
  if (r.chance(40)) call->after = r.chance(70) ? 0 : r.between(0, far);
  if (r.chance(30)) call->before = r.between(0, r.chance(50) ? 4 : far);
}

void add_mask(Case& c, AttentionProblem* p) {
  Random& r = c.random;
  sa::Attention& call = p->call;
  const int64_t batch = r.chance(50) ? 1 : call.batch, heads = r.chance(50) ? 1 : call.heads;
  const int64_t rows = r.chance(40) ? 1 : call.queries;
  call.mask_strides = {batch == 1 ? 0 : heads * rows * call.keys, heads == 1 ? 0 : rows * call.keys,
                       rows == 1 ? 0 : call.keys};
  p->mask.reset(new Buffer<uint8_t>(r, batch * heads * rows * call.keys));
  const int64_t percent = r.between(0, 110);
  for (int64_t i = 0; i < p->mask->size(); ++i) {
    (*p->mask)[i] = r.between(0, 99) < percent ? 0 : static_cast<uint8_t>(r.between(1, 255));
  }
  call.mask = p->mask->data();
}

void choose(Case& c, AttentionProblem* p) {
  Random& r = c.random;
  sa::Attention& call = p->call;
  call.batch = r.between(1, 2);
  call.heads = r.between(1, 4);
  call.queries = r.chance(2) ? 0 : r.size(1, 20, 110);
  call.keys = r.chance(2) ? 0 : r.size(1, 20, 110);
  call.value_columns = r.chance(2) ? 0 : r.size(1, 20, 100);
  if (r.between(0, 39) == 0) {  // several blocks of keys
    call.batch = call.heads = 1;
    call.keys = r.between(500, 1700);
    call.queries = r.between(1, 20);
    if (r.chance(30)) {  // queries that threads share
      call.keys = r.between(550, 700);
      call.queries = r.between(90, 200);
    }
  }
  if (r.chance(35)) call.kv_group = call.heads % 2 == 0 && r.chance(50) ? 2 : call.heads;
  add_window(c, &call);
  // A window over a border of key blocks, which starts elsewhere for each share of the queries.
  if (call.queries >= 90 && call.keys >= 550 && r.chance(70)) {
    call.before = r.between(200, 500);
    call.position = call.before + r.between(0, 60);
  }
  if (r.chance(25)) {
    call.source_count = 1;
    add_source(c, p, 0, sa::ScoreKind::kPrepared);
  } else {
    call.source_count = r.chance(60) ? 1 : static_cast<int>(r.between(2, 4));
    for (int s = 0; s < call.source_count; ++s) {
      static constexpr int kKinds[] = {0, 1, 2, 4, 5};
      add_source(c, p, s, static_cast<sa::ScoreKind>(kKinds[r.between(0, 4)]));
    }
  }
  const float range = r.chance(70) ? 1.0f : 1000.0f;
  call.value =
      operand(c, p, call.heads / call.kv_group, call.keys, call.value_columns, range, &call.value_strides)
          .data();
  any_strides(c, call.batch, call.heads, call.queries, call.value_columns, false, &call.out_strides);
  if (r.chance(40)) add_mask(c, p);
  // Not null: the buffer comes with AttentionOutput.
  static float wanted;
  if (r.chance(30)) call.weights = &wanted;
}

void describe(Case& c, const AttentionProblem& p, const char* level) {
  const sa::Attention& call = p.call;
  c.describe(
      "%s, batch %d, heads %d, queries %d, keys %d, value columns %d, depth %d, weight %g, position %d, "
      "before %d, after %d, group %d%s%s%s, %s",
      p.name.c_str(), static_cast<int>(call.batch), static_cast<int>(call.heads),
      static_cast<int>(call.queries), static_cast<int>(call.keys), static_cast<int>(call.value_columns),
      static_cast<int>(call.sources[0].depth), static_cast<double>(call.sources[0].weight),
      static_cast<int>(call.position), static_cast<int>(call.before), static_cast<int>(call.after),
      static_cast<int>(call.kv_group), call.sources[0].bias != nullptr ? ", bias" : "",
      call.mask != nullptr ? ", masked" : "", call.weights != nullptr ? ", weights" : "", level);
}

void run_threaded(Case& c, AttentionProblem* p) {
  any_threads(c);
  describe(c, *p, "threaded");
  AttentionOutput first(c, &p->call);
  c.that("run_attention has its memory", sa::run_attention(c.kernels, p->call));
  for (int64_t b = 0; b < p->call.batch; ++b) {
    for (int64_t h = 0; h < p->call.heads; ++h) first.compare(c, *p, b, h, 0, p->call.queries);
  }
  first.untouched(c);
  if (!c.random.chance(30)) return;
  any_threads(c);
  AttentionOutput second(c, &p->call);
  c.that("run_attention has its memory", sa::run_attention(c.kernels, p->call));
  for (int64_t i = 0; i < first.out->size(); ++i) {
    if (!first.out_written[static_cast<size_t>(i)]) continue;
    c.same_bits("out on another number of threads", i, (*second.out)[i], (*first.out)[i]);
  }
}

// Some queries of one head through the kernel, with scratch of exactly the size it asks for.
void run_head(Case& c, AttentionProblem* p) {
  Random& r = c.random;
  describe(c, *p, "one head");
  AttentionOutput output(c, &p->call);
  const int64_t b = r.between(0, p->call.batch - 1), h = r.between(0, p->call.heads - 1);
  const int64_t begin = r.between(0, p->call.queries), end = r.between(begin, p->call.queries);
  Scratch scratch(c.kernels.attention_scratch(p->call));
  c.kernels.attention_head(p->call, b, h, begin, end, scratch.data());
  output.compare(c, *p, b, h, begin, end);
  output.untouched(c);
}

}  // namespace

void check_attention(Case& c) {
  AttentionProblem p;
  choose(c, &p);
  if (c.random.chance(60)) {
    run_threaded(c, &p);
  } else {
    run_head(c, &p);
  }
}

// What a NaN or an infinity in the logits may spoil: its own row and no other, and nothing behind a mask.
void check_attention_edges(Case& c) {
  const float none = -std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  for (int64_t form = 0; form < 64; ++form) {
    AttentionProblem p;
    sa::Attention& call = p.call;
    call.batch = call.heads = call.source_count = 1;
    call.queries = c.random.between(4, 60);
    call.keys = c.random.between(4, 60);
    call.value_columns = c.random.between(1, 20);
    call.after = form % 2 == 1 ? 0 : -1;
    sa::ScoreSource& source = call.sources[0];
    source.kind = sa::ScoreKind::kMatrix;
    Buffer<float>& logits = p.add(c.random, call.queries * call.keys);
    fill(c, logits, Numbers::kUnit);
    source.left = logits.data();
    source.left_strides = {0, 0, call.keys};
    p.mask.reset(new Buffer<uint8_t>(c.random, call.queries * call.keys));
    for (int64_t i = 0; i < p.mask->size(); ++i) (*p.mask)[i] = 1;
    if (form / 2 % 2 == 1) {
      call.mask = p.mask->data();
      call.mask_strides = {0, 0, call.keys};
    }
    const int64_t bad = c.random.between(0, call.queries - 1), key = c.random.between(0, call.keys - 1);
    if (form / 4 % 2 == 1) logits[bad * call.keys + key] = nan;
    if (form / 8 % 2 == 1) (*p.mask)[bad * call.keys + key] = 0;
    const int64_t empty = (bad + 1) % call.queries, masked = (bad + 2) % call.queries;
    for (int64_t j = 0; j < call.keys; ++j) {
      logits[empty * call.keys + j] = none;
      (*p.mask)[masked * call.keys + j] = 0;
    }
    call.value = operand(c, &p, 1, call.keys, call.value_columns, 1.0f, &call.value_strides).data();
    call.out_strides = {0, 0, call.value_columns};
    float wanted;
    if (form / 16 % 2 == 1) call.weights = &wanted;
    p.name = "matrix with an empty row, a masked row, perhaps NaN";
    run_threaded(c, &p);
  }
}

}  // namespace sa_test
