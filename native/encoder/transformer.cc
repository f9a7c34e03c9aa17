#include "encoder/transformer.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <utility>

#include "dispatch/run.h"
#include "encoder/finite.h"
#include "runtime/buffer.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

// Tokens that one thread carries through the whole network at once: enough rows to spread the reading of the
// weights, few enough for the activations to stay near the core.
constexpr int64_t kChunkTokens = 256;

}  // namespace

struct Transformer::Buffers {
  int64_t tokens = 0;
  const int32_t* positions = nullptr;
  float* x = nullptr;       // [tokens, hidden]: the hidden states between layers
  float* sum = nullptr;     // [tokens, hidden]: a sublayer's output and the residual
  float* normed = nullptr;  // [tokens, hidden]: what a sublayer reads, with pre_norm
  // [tokens, work columns]: projections and context are dead when the inner activations of the feed-forward
  // layer are born, so both have one place.
  float* work = nullptr;
};

// context [tokens, hidden]; heads lie side by side within a row. `weights` [heads, tokens, tokens] of one
// sequence, or null.
bool Transformer::attend(const Layer& layer, const int32_t* offsets, int64_t sequences,
                         const float* projections, float* context, float* weights) const {
  const int64_t heads = config_.heads, tokens = offsets[sequences] - offsets[0];
  const LayerAttention& attention = layer.attention;
  const auto problem = [&](int64_t sequence, int64_t group, Attention* p) {
    const int64_t first = offsets[sequence] - offsets[0];
    attention.problem(group, projections, tokens, first, offsets[sequence + 1] - offsets[sequence], context,
                      weights, p);
  };
  int64_t longest = 0;
  for (int64_t s = 0; s < sequences; ++s) longest = std::max<int64_t>(longest, offsets[s + 1] - offsets[s]);
  size_t scratch_size = 0;
  for (int64_t group = 0; group < attention.groups(); ++group) {
    Attention largest;
    problem(0, group, &largest);
    largest.queries = largest.keys = longest;
    scratch_size = std::max(scratch_size, kernels_.attention_scratch(largest));
  }
  ThreadPool& pool = ThreadPool::instance();
  const int64_t units = sequences * heads;
  const int64_t parts = std::min<int64_t>(units, pool.threads());
  std::atomic<bool> ok{true};
  pool.run(parts, [&](int64_t part) {
    Workspace scratch(scratch_size);
    if (!scratch.ok()) {
      ok = false;
      return;
    }
    const Range range = split(units, 1, parts, part);
    Attention p;
    int64_t sequence = -1, group = -1;
    for (int64_t unit = range.begin; unit < range.end; ++unit) {
      const int64_t head = unit % heads, its_group = attention.group_of(head);
      if (unit / heads != sequence || its_group != group) {
        problem(sequence = unit / heads, group = its_group, &p);
      }
      if (p.queries == 0) continue;
      kernels_.attention_head(p, 0, head - attention.first_head(group), 0, p.queries, scratch.data());
    }
  });
  return ok;
}

// One layer: b->x to b->x.
bool Transformer::apply(const Layer& layer, const int32_t* offsets, int64_t sequences, float* weights,
                        Buffers* b) const {
  const int64_t hidden = config_.hidden, tokens = b->tokens;
  const float epsilon = config_.epsilon;
  const bool pre = config_.pre_norm;
  // What a sublayer reads, and what becomes of its sum with the residual.
  const auto before = [&](const Norm& norm) -> const float* {
    if (!pre || !norm.present()) return b->x;
    norm.run(kernels_, b->x, tokens, epsilon, b->normed);
    return b->normed;
  };
  const auto after = [&](const Norm& norm) {
    if (pre) {
      std::swap(b->x, b->sum);
    } else {
      norm.run(kernels_, b->sum, tokens, epsilon, b->x);
    }
  };

  const LayerAttention& attention = layer.attention;
  float* projections = b->work;
  float* context = b->work + tokens * attention.columns();
  if (!attention.project(kernels_, before(layer.attention_norm), tokens, projections)) return false;
  if (layer.rotary >= 0) {
    const Rotary& rotary = rotary_[static_cast<size_t>(layer.rotary)];
    RotaryRows p;
    p.heads = attention.dot_heads();
    p.size = hidden / config_.heads;
    p.half = rotary.half;
    p.x = projections;
    p.stride = attention.plain_columns();
    p.positions = b->positions;
    p.table = rotary.table.data();
    run_rotary(kernels_, p, tokens);
  }
  if (!attend(layer, offsets, sequences, projections, context, weights) ||
      !layer.attention_output.run(kernels_, context, hidden, tokens, b->sum, Activation::kNone, b->x)) {
    return false;
  }
  after(layer.attention_norm);

  const float* input = before(layer.output_norm);
  float* inner = b->work;
  if (config_.gated) {
    if (!layer.up.run(kernels_, input, hidden, tokens, inner)) return false;
    run_glu(kernels_, {config_.intermediate, inner, config_.activation}, tokens);
  } else if (!layer.up.run(kernels_, input, hidden, tokens, inner, config_.activation)) {
    return false;
  }
  const int64_t stride = (config_.gated ? 2 : 1) * config_.intermediate;
  if (!layer.down.run(kernels_, inner, stride, tokens, b->sum, Activation::kNone, b->x)) return false;
  after(layer.output_norm);
  return true;
}

// Sequences [first, last): from hidden states to the rows of `out`.
void Transformer::finish(const EncodeBatch& batch, int64_t first, int64_t last, const float* x) const {
  const int64_t hidden = config_.hidden, start = batch.offsets[first];
  int64_t rows = last - first;
  float* out = batch.out + first * hidden;
  if (batch.output == EncodeOutput::kTokens) {
    rows = batch.offsets[last] - start;
    out = batch.out + start * hidden;
    std::memcpy(out, x, static_cast<size_t>(rows * hidden) * sizeof(float));
  } else {
    PoolSequences p;
    p.columns = hidden;
    p.x = x - start * hidden;  // offsets count from the batch's first row
    p.offsets = batch.offsets + first;
    p.mode = static_cast<Pooling>(batch.output);
    p.skip = batch.skip;
    p.y = out;
    run_pool(kernels_, p, rows);
  }
  if (batch.normalize) run_l2_normalize(kernels_, {hidden, out, out}, rows);
  for (int64_t s = first; s < last; ++s) judge(batch, s, x - start * hidden);
}

// Whether a sequence has a result: its hidden states are looked at too, because a maximum or a sum over them
// may hide that one of them is not finite. They are still near the core.
void Transformer::judge(const EncodeBatch& batch, int64_t sequence, const float* x) const {
  const int64_t hidden = config_.hidden, begin = batch.offsets[sequence], end = batch.offsets[sequence + 1];
  const bool tokens = batch.output == EncodeOutput::kTokens;
  float* out = batch.out + (tokens ? begin : sequence) * hidden;
  const int64_t numbers = (tokens ? end - begin : 1) * hidden;
  SequenceStatus& status = batch.status[sequence];
  if (status == SequenceStatus::kDone) {
    bool finite = all_finite(x + begin * hidden, (end - begin) * hidden) && all_finite(out, numbers);
    if (batch.attention != nullptr) {
      const int64_t weights = applied_layers() * config_.heads * end * end;
      finite = finite && all_finite(batch.attention, weights);
    }
    if (!finite) status = SequenceStatus::kNotFinite;
  }
  if (status != SequenceStatus::kDone) std::fill(out, out + numbers, 0.0f);
}

// Sequences [first, last) from ids to the rows of `out`.
bool Transformer::forward(const EncodeBatch& batch, int64_t first, int64_t last) const {
  const int64_t hidden = config_.hidden;
  const int32_t* offsets = batch.offsets + first;
  const int64_t sequences = last - first, tokens = offsets[sequences] - offsets[0];
  const int64_t states = config_.pre_norm ? 3 : 2;
  Workspace memory(static_cast<size_t>(tokens * (states * hidden + work_columns() + 2)));
  if (!memory.ok()) return false;
  Buffers b;
  b.tokens = tokens;
  b.x = memory.data();
  b.sum = b.x + tokens * hidden;
  b.normed = b.sum + (states - 2) * tokens * hidden;
  b.work = b.sum + (states - 1) * tokens * hidden;
  int32_t* positions = reinterpret_cast<int32_t*>(b.work + tokens * work_columns());
  for (int64_t s = 0; s < sequences; ++s) {
    for (int32_t i = offsets[s]; i < offsets[s + 1]; ++i) positions[i - offsets[0]] = i - offsets[s];
  }
  b.positions = positions;

  int32_t* slots = positions + tokens;
  if (!embeddings_.words().find(batch.ids + offsets[0], tokens, slots)) return false;
  for (int64_t s = 0; s < sequences; ++s) {
    const bool read =
        std::count(slots + (offsets[s] - offsets[0]), slots + (offsets[s + 1] - offsets[0]), 0) == 0;
    batch.status[first + s] = read ? SequenceStatus::kDone : SequenceStatus::kUnread;
  }
  if (!embeddings_.run(kernels_, slots, positions, tokens, config_.epsilon, b.work, b.x)) return false;
  float* weights = batch.attention;
  for (const int32_t index : order_) {
    if (!apply(layers_[static_cast<size_t>(index)], offsets, sequences, weights, &b)) return false;
    if (weights != nullptr) weights += config_.heads * tokens * tokens;
  }
  if (final_norm_.present()) final_norm_.run(kernels_, b.x, tokens, config_.epsilon, b.x);
  finish(batch, first, last, b.x);
  return true;
}

bool Transformer::encode(const EncodeBatch& batch) const {
  // Chunks depend on the batch alone, not on the thread count.
  Buffer<int64_t> ends;
  if (!ends.allocate(static_cast<size_t>(batch.sequences))) return false;
  int64_t start = 0, chunks = 0;
  for (int64_t s = 0; s < batch.sequences; ++s) {
    if (s > start && batch.offsets[s + 1] - batch.offsets[start] > kChunkTokens) {
      ends[static_cast<size_t>(chunks++)] = s;
      start = s;
    }
  }
  if (batch.sequences > 0) ends[static_cast<size_t>(chunks++)] = batch.sequences;
  std::atomic<bool> ok{true};
  const auto chunk = [&](int64_t i) {
    const size_t at = static_cast<size_t>(i);
    if (!forward(batch, i == 0 ? 0 : ends[at - 1], ends[at])) ok = false;
  };
  // With a chunk for every thread there is nothing to wait for between operations; with fewer, each
  // operation is spread over the threads instead.
  ThreadPool& pool = ThreadPool::instance();
  if (chunks >= pool.threads()) {
    pool.run(chunks, chunk);
  } else {
    for (int64_t i = 0; i < chunks; ++i) chunk(i);
  }
  return ok;
}

}  // namespace sa
