#include "encoder/bert.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#include "dispatch/run.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

// Tokens that one thread carries through the whole network at once: enough rows to spread the reading of the
// weights, few enough for the activations to stay near the core.
constexpr int64_t kChunkTokens = 512;

bool linear(const KernelSet& kernels, const PackedLinear& layer, const float* x, int64_t rows, float* y,
            Activation activation, const float* residual) {
  Matmul p;
  p.m = rows;
  p.n = layer.out;
  p.k = layer.in;
  p.a = {x, layer.in, 1};
  p.packed_b = layer.panels.data();
  p.c = y;
  p.c_stride = layer.out;
  p.epilogue.bias = layer.bias.data();
  p.epilogue.activation = activation;
  p.epilogue.residual = residual;
  p.epilogue.residual_stride = layer.out;
  return run_matmul(kernels, p);
}

void layer_norm(const KernelSet& kernels, const float* x, int64_t rows, int64_t columns,
                const AlignedFloats& gamma, const AlignedFloats& beta, float epsilon, float* y) {
  run_layer_norm(kernels, {rows, columns, x, y, gamma.data(), beta.data(), epsilon});
}

}  // namespace

// context [tokens, hidden] from qkv [tokens, 3 hidden]; heads lie side by side within a row. `weights`
// [heads, tokens, tokens] of one sequence, or null.
bool Bert::attend(const float* qkv, const int32_t* offsets, int64_t sequences, float* context,
                  float* weights) const {
  const int64_t hidden = config_.hidden, heads = config_.heads, size = hidden / heads;
  const auto problem = [&](int64_t sequence) {
    Attention p;
    p.batch = 1;
    p.heads = heads;
    p.queries = p.keys = offsets[sequence + 1] - offsets[sequence];
    p.value_columns = size;
    const int64_t first = offsets[sequence] - offsets[0];
    const float* base = qkv + first * 3 * hidden;
    const HeadStrides strides = {0, size, 3 * hidden};
    p.source_count = 1;
    ScoreSource& source = p.sources[0];
    source.weight = 1.0f / std::sqrt(static_cast<float>(size));
    source.depth = size;
    source.left = base;
    source.left_strides = strides;
    source.right = base + hidden;
    source.right_strides = strides;
    p.value = base + 2 * hidden;
    p.value_strides = strides;
    p.out = context + first * hidden;
    p.out_strides = {0, size, hidden};
    p.weights = weights;
    return p;
  };

  int64_t longest = 0;
  for (int64_t s = 0; s < sequences; ++s) longest = std::max<int64_t>(longest, offsets[s + 1] - offsets[s]);
  Attention largest = problem(0);
  largest.queries = largest.keys = longest;
  const size_t scratch_size = kernels_.attention_scratch(largest);
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
    int64_t current = -1;
    for (int64_t unit = range.begin; unit < range.end; ++unit) {
      if (unit / heads != current) p = problem(current = unit / heads);
      if (p.queries > 0) kernels_.attention_head(p, 0, unit % heads, 0, p.queries, scratch.data());
    }
  });
  return ok;
}

// Sequences [first, last) from ids to the rows of `out`.
bool Bert::forward(const EncodeBatch& batch, int64_t first, int64_t last) const {
  const int64_t hidden = config_.hidden;
  const int32_t* offsets = batch.offsets + first;
  const int64_t sequences = last - first, tokens = offsets[sequences] - offsets[0];
  const int64_t wide = std::max(4 * hidden, config_.intermediate);
  Workspace memory(static_cast<size_t>(tokens * (2 * hidden + wide) + tokens));
  if (!memory.ok()) return false;
  float* x = memory.data();
  float* sum = x + tokens * hidden;
  // qkv and context are dead when the feed-forward layer's inner activations are born: one place for both.
  float* qkv = sum + tokens * hidden;
  float* context = qkv + tokens * 3 * hidden;
  float* inner = qkv;
  int32_t* positions = reinterpret_cast<int32_t*>(qkv + tokens * wide);
  for (int64_t s = 0; s < sequences; ++s) {
    for (int32_t i = offsets[s]; i < offsets[s + 1]; ++i) positions[i - offsets[0]] = i - offsets[s];
  }

  EmbeddingRows embedding;
  embedding.columns = hidden;
  embedding.tables[0] = {words_, batch.ids + offsets[0]};
  embedding.tables[1] = {positions_.data(), positions};
  embedding.tables[2] = {config_.token_types > 0 ? types_.data() : nullptr, nullptr};
  embedding.y = sum;
  run_embedding(kernels_, embedding, tokens);
  layer_norm(kernels_, sum, tokens, hidden, gamma_, beta_, config_.epsilon, x);

  float* weights = batch.attention;
  for (const Layer& layer : layers_) {
    if (!linear(kernels_, layer.qkv, x, tokens, qkv, Activation::kNone, nullptr) ||
        !attend(qkv, offsets, sequences, context, weights) ||
        !linear(kernels_, layer.attention_output, context, tokens, sum, Activation::kNone, x)) {
      return false;
    }
    if (weights != nullptr) weights += config_.heads * tokens * tokens;
    layer_norm(kernels_, sum, tokens, hidden, layer.attention_gamma, layer.attention_beta, config_.epsilon,
               x);
    if (!linear(kernels_, layer.up, x, tokens, inner, config_.activation, nullptr) ||
        !linear(kernels_, layer.down, inner, tokens, sum, Activation::kNone, x)) {
      return false;
    }
    layer_norm(kernels_, sum, tokens, hidden, layer.output_gamma, layer.output_beta, config_.epsilon, x);
  }

  int64_t rows = sequences;
  float* out = batch.out + first * hidden;
  if (batch.output == EncodeOutput::kTokens) {
    rows = tokens;
    out = batch.out + offsets[0] * hidden;
    std::memcpy(out, x, static_cast<size_t>(tokens * hidden) * sizeof(float));
  } else {
    // The kernel wants offsets from the first row of x.
    run_pool(kernels_, {hidden, x - offsets[0] * hidden, offsets, static_cast<Pooling>(batch.output), out},
             sequences);
  }
  if (batch.normalize) run_l2_normalize(kernels_, {hidden, out, out}, rows);
  return true;
}

bool Bert::encode(const EncodeBatch& batch) const {
  // Chunks depend on the batch alone, not on the thread count.
  std::vector<int64_t> ends;
  int64_t start = 0;
  for (int64_t s = 0; s < batch.sequences; ++s) {
    if (s > start && batch.offsets[s + 1] - batch.offsets[start] > kChunkTokens) {
      ends.push_back(s);
      start = s;
    }
  }
  if (batch.sequences > 0) ends.push_back(batch.sequences);
  const int64_t chunks = static_cast<int64_t>(ends.size());
  std::atomic<bool> ok{true};
  const auto chunk = [&](int64_t i) {
    if (!forward(batch, i == 0 ? 0 : ends[i - 1], ends[i])) ok = false;
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
