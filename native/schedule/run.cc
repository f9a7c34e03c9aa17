#include "schedule/run.h"

#include <algorithm>
#include <atomic>

#include "schedule/over_rows.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

// Parts a thread: a causal triangle is uneven, finer parts even it out.
constexpr int64_t kAttentionParts = 4;
constexpr double kParallelAttention = 100e3;

}  // namespace

bool run_attention(const KernelSet& kernels, const Attention& p) {
  if (p.batch == 0 || p.heads == 0 || p.queries == 0) return true;
  if (p.value_columns == 0 && (p.weights == nullptr || p.keys == 0)) return true;
  const int64_t pairs = p.batch * p.heads;
  ThreadPool& pool = ThreadPool::instance();
  const int64_t wanted = pool.threads() == 1 ? 1 : pool.threads() * kAttentionParts;
  const int64_t blocks = (p.queries + kernels.attention_rows - 1) / kernels.attention_rows;
  // Queries of one head are cut only where heads alone would leave threads idle: each cut packs the keys and
  // values of the head again.
  const int64_t cuts = std::max<int64_t>(1, std::min(blocks, (pool.threads() - 1) / pairs + 1));
  const int64_t units = pairs * cuts;
  const double work = static_cast<double>(pairs) * static_cast<double>(p.queries) *
                      static_cast<double>(p.keys) * static_cast<double>(p.value_columns + 8);
  const int64_t parts = work < kParallelAttention ? 1 : std::min(units, wanted);
  const size_t scratch_size = kernels.attention_scratch(p);
  std::atomic<bool> ok{true};
  pool.run(parts, [&](int64_t part) {
    Workspace scratch(scratch_size);
    if (!scratch.ok()) {
      ok = false;
      return;
    }
    const Range range = split(units, 1, parts, part);
    for (int64_t unit = range.begin; unit < range.end; ++unit) {
      const int64_t pair = unit / cuts;
      const Range rows = split(p.queries, kernels.attention_rows, cuts, unit % cuts);
      kernels.attention_head(p, pair / p.heads, pair % p.heads, rows.begin, rows.end, scratch.data());
    }
  });
  return ok;
}

void run_softmax(const KernelSet& kernels, const SoftmaxRows& p) {
  over_rows(p.rows, p.rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.softmax_rows(p, begin, end); });
}

void run_layer_norm(const KernelSet& kernels, const LayerNormRows& p) {
  over_rows(p.rows, p.rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.layer_norm_rows(p, begin, end); });
}

void run_rms_norm(const KernelSet& kernels, const RmsNormRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.rms_norm_rows(p, begin, end); });
}

bool run_layer_norm_gradient(const KernelSet& kernels, const LayerNormGradientRows& p, float* dgamma,
                             float* dbeta) {
  // Rows that are summed together, whatever the threads, so that the sums are the same for any number of
  // them.
  constexpr int64_t kRows = 64;
  if (p.columns == 0) return true;
  const int64_t n = p.columns, segments = (p.rows + kRows - 1) / kRows;
  Workspace sums(static_cast<size_t>(segments * 2 * n));
  if (!sums.ok()) return false;
  over_rows(segments, p.rows * n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) {
      const int64_t last = std::min(p.rows, (s + 1) * kRows);
      kernels.layer_norm_gradient_rows(p, s * kRows, last, sums.data() + s * 2 * n);
    }
  });
  for (int64_t j = 0; j < n; ++j) dgamma[j] = dbeta[j] = 0.0f;
  for (int64_t s = 0; s < segments; ++s) {
    const float* from = sums.data() + s * 2 * n;
    for (int64_t j = 0; j < n; ++j) {
      dgamma[j] += from[j];
      dbeta[j] += from[n + j];
    }
  }
  return true;
}

void run_gelu(const KernelSet& kernels, const GeluElements& p) {
  over_rows(p.size, p.size, 64, [&](int64_t begin, int64_t end) { kernels.gelu_elements(p, begin, end); });
}

void run_gate(const KernelSet& kernels, const GateElements& p) {
  over_rows(p.size, p.size, 64, [&](int64_t begin, int64_t end) { kernels.gate_elements(p, begin, end); });
}

void run_glu(const KernelSet& kernels, const GluRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1, [&](int64_t begin, int64_t end) { kernels.glu_rows(p, begin, end); });
}

void run_rotary(const KernelSet& kernels, const RotaryRows& p, int64_t rows) {
  over_rows(rows, rows * p.heads * p.size, 1,
            [&](int64_t begin, int64_t end) { kernels.rotary_rows(p, begin, end); });
}

void run_embedding(const KernelSet& kernels, const EmbeddingRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.embedding_rows(p, begin, end); });
}

void run_pool(const KernelSet& kernels, const PoolSequences& p, int64_t sequences) {
  // Empty sequences are written too.
  over_rows(sequences, (p.offsets[sequences] + sequences) * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.pool_sequences(p, begin, end); });
}

void run_l2_normalize(const KernelSet& kernels, const NormalizeRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.l2_normalize_rows(p, begin, end); });
}

void run_softmax_gradient(const KernelSet& kernels, const SoftmaxGradientRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.softmax_gradient_rows(p, begin, end); });
}

void run_log_softmax(const KernelSet& kernels, const LogSoftmaxRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.log_softmax_rows(p, begin, end); });
}

void run_log_softmax_gradient(const KernelSet& kernels, const LogSoftmaxGradientRows& p, int64_t rows) {
  over_rows(rows, rows * p.columns, 1,
            [&](int64_t begin, int64_t end) { kernels.log_softmax_gradient_rows(p, begin, end); });
}

void run_scatter_add(const KernelSet& kernels, const ScatterRows& p) {
  // Whole cache lines a thread.
  over_rows(p.columns, p.rows * p.columns, 16,
            [&](int64_t begin, int64_t end) { kernels.scatter_add_columns(p, begin, end); });
}

void run_prepare_scores(const KernelSet& kernels, const float* logits, int64_t rows, int64_t columns,
                        float* exponentials, float* sums) {
  over_rows(rows, rows * columns, 1, [&](int64_t begin, int64_t end) {
    kernels.prepare_scores_rows({columns, logits, exponentials, sums}, begin, end);
  });
}

}  // namespace sa
