#include "schedule/over_rows.h"
#include "schedule/run.h"

namespace sa {

namespace {

// Threads write whole cache lines of their own.
constexpr int64_t kElementsMultiple = 64;

// The same operation over as few dimensions as can be, counted from the last: those of one element go, and
// neighbours that both operands walk through in one stride become one.
BinaryElements merge_dimensions(const BinaryElements& p) {
  BinaryElements merged = p;
  int to = 4;  // the dimension written last
  for (int d = 3; d >= 0; --d) {
    if (p.shape[d] == 1) continue;
    const bool joins = to < 4 && p.a_strides[d] == merged.a_strides[to] * merged.shape[to] &&
                       p.b_strides[d] == merged.b_strides[to] * merged.shape[to];
    if (joins) {
      merged.shape[to] *= p.shape[d];
      continue;
    }
    --to;
    merged.shape[to] = p.shape[d];
    merged.a_strides[to] = p.a_strides[d];
    merged.b_strides[to] = p.b_strides[d];
  }
  while (to > 0) {
    --to;
    merged.shape[to] = 1;
    merged.a_strides[to] = merged.b_strides[to] = 0;
  }
  return merged;
}

}  // namespace

void run_unary(const KernelSet& kernels, const UnaryElements& p) {
  over_rows(p.size, p.size, kElementsMultiple,
            [&](int64_t begin, int64_t end) { kernels.unary_elements(p, begin, end); });
}

void run_binary(const KernelSet& kernels, const BinaryElements& p) {
  const int64_t size = p.size();
  if (size == 0) return;
  const BinaryElements merged = merge_dimensions(p);
  over_rows(size, size, kElementsMultiple,
            [&](int64_t begin, int64_t end) { kernels.binary_elements(merged, begin, end); });
}

}  // namespace sa
