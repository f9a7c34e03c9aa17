#include <algorithm>
#include <atomic>

#include "schedule/over_rows.h"
#include "schedule/run.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

// Terms of one result that are worth a part of their own; the same for any number of threads, so that
// results are.
constexpr int64_t kSegmentElements = 65536, kLeastSegment = 1024;
constexpr int64_t kColumns = 64;  // four vectors of the widest tier, or whole cache lines

// Outer indices are cut among the threads, or where they are fewer than threads, columns.
void reduce_once(const KernelSet& kernels, const Reduce& p) {
  // The result of nothing is written too.
  const int64_t elements = p.outer * std::max<int64_t>(p.size, 1) * p.inner;
  if (p.outer >= ThreadPool::instance().threads()) {
    over_rows(p.outer, elements, 1,
              [&](int64_t begin, int64_t end) { kernels.reduce_block(p, begin, end, 0, p.inner); });
    return;
  }
  over_rows(p.inner, elements, kColumns,
            [&](int64_t begin, int64_t end) { kernels.reduce_block(p, 0, p.outer, begin, end); });
}

}  // namespace

bool run_reduce(const KernelSet& kernels, const Reduce& p) {
  if (p.outer == 0 || p.inner == 0) return true;
  const int64_t segment = std::max(kLeastSegment, kSegmentElements / p.inner);
  const int64_t segments = (p.size + segment - 1) / segment;
  if (segments < 2) {
    reduce_once(kernels, p);
    return true;
  }
  // Each segment of a long axis gives a row of partial results; those are reduced in turn.
  Workspace partial(static_cast<size_t>(p.outer * segments * p.inner));
  if (!partial.ok()) return false;
  over_rows(p.outer * segments, p.outer * p.size * p.inner, 1, [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      Reduce part = p;
      const int64_t first = unit % segments * segment;
      if (p.op == ReduceOp::kMean) part.op = ReduceOp::kSum;
      part.size = std::min(segment, p.size - first);
      part.x += unit / segments * p.x_outer + first * p.inner;
      part.out = partial.data() + unit * p.inner;
      kernels.reduce_block(part, 0, 1, 0, p.inner);
    }
  });
  Reduce rest = p;
  if (p.op == ReduceOp::kMean) rest.op = ReduceOp::kSum;
  rest.size = segments;
  rest.x = partial.data();
  rest.x_outer = segments * p.inner;
  if (!run_reduce(kernels, rest)) return false;
  if (p.op == ReduceOp::kMean) {
    const float size = static_cast<float>(p.size);
    for (int64_t i = 0; i < p.outer * p.inner; ++i) p.out[i] /= size;
  }
  return true;
}

}  // namespace sa
