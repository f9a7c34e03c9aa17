// The one schedule of programs: chunks of tokens, each carried through all operations by one thread.
#include <algorithm>
#include <atomic>
#include <cstring>

#include "program/program.h"
#include "runtime/buffer.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"
#include "schedule/run.h"
#include "weights/finite.h"

namespace sa {

namespace {

// Tokens that one thread carries through the whole program at once: enough rows to spread the reading of the
// weights, few enough for the rows to stay near the core.
constexpr int64_t kChunkTokens = 256;

}  // namespace

// Sequences [first, last): from rows to those of `out`.
void Program::finish(const EncodeBatch& batch, int64_t first, int64_t last, const float* x) const {
  const int64_t columns = this->columns(), start = batch.offsets[first];
  int64_t rows = last - first;
  float* out = batch.out + first * columns;
  if (batch.output == EncodeOutput::kTokens) {
    rows = batch.offsets[last] - start;
    out = batch.out + start * columns;
    std::memcpy(out, x, static_cast<size_t>(rows * columns) * sizeof(float));
  } else {
    PoolSequences p;
    p.columns = columns;
    p.x = x - start * columns;  // offsets count from the batch's first row
    p.offsets = batch.offsets + first;
    p.mode = static_cast<Pooling>(batch.output);
    p.skip = batch.skip;
    p.y = out;
    run_pool(*kernels_, p, rows);
  }
  if (batch.normalize) run_l2_normalize(*kernels_, {columns, out, out}, rows);
  for (int64_t s = first; s < last; ++s) judge(batch, s, x - start * columns);
}

// Whether a sequence has a result: its rows are looked at too, because a maximum or a sum over them may hide
// that one of them is not finite. They are still near the core.
void Program::judge(const EncodeBatch& batch, int64_t sequence, const float* x) const {
  const int64_t columns = this->columns();
  const int64_t begin = batch.offsets[sequence], end = batch.offsets[sequence + 1];
  const bool tokens = batch.output == EncodeOutput::kTokens;
  float* out = batch.out + (tokens ? begin : sequence) * columns;
  const int64_t numbers = (tokens ? end - begin : 1) * columns;
  SequenceStatus& status = batch.status[sequence];
  if (status == SequenceStatus::kDone) {
    bool finite = all_finite(x + begin * columns, (end - begin) * columns) && all_finite(out, numbers);
    if (batch.attention != nullptr) {
      finite = finite && all_finite(batch.attention, attention_heads_ * end * end);
    }
    if (!finite) status = SequenceStatus::kNotFinite;
  }
  if (status != SequenceStatus::kDone) std::fill(out, out + numbers, 0.0f);
}

// Sequences [first, last) from ids to the rows of `out`.
bool Program::forward(const EncodeBatch& batch, int64_t first, int64_t last) const {
  const int32_t* offsets = batch.offsets + first;
  const int64_t sequences = last - first, tokens = offsets[sequences] - offsets[0];
  Workspace memory(static_cast<size_t>(tokens * (floats_ + 1)));
  if (!memory.ok()) return false;
  int32_t* positions = reinterpret_cast<int32_t*>(memory.data() + tokens * floats_);
  for (int64_t s = 0; s < sequences; ++s) {
    for (int32_t i = offsets[s]; i < offsets[s + 1]; ++i) positions[i - offsets[0]] = i - offsets[s];
    batch.status[first + s] = SequenceStatus::kDone;
  }
  Pass pass = {*kernels_, shape_, {tokens, memory.data(), &shape_.buffers}};
  pass.ids = batch.ids + offsets[0];
  pass.offsets = offsets;
  pass.positions = positions;
  pass.sequences = sequences;
  pass.status = batch.status + first;
  pass.weights = batch.attention;
  for (const int32_t step : order_) {
    if (!operations_[static_cast<size_t>(step)]->run(&pass)) return false;
  }
  finish(batch, first, last, pass.rows.at(result_));
  return true;
}

bool Program::encode(const EncodeBatch& batch) const {
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
