#include <cstring>

#include "schedule/over_rows.h"
#include "schedule/run.h"

namespace sa {

namespace {

// Axes of x in the order of out: sizes with their strides in x and in out.
struct Axes {
  int count = 0;
  int64_t size[kTransposeAxes];
  ptrdiff_t x[kTransposeAxes], out[kTransposeAxes];
};

// As few axes as can be: those of one element go, and neighbours in out that are neighbours in x become one.
Axes merge_axes(const AxisOrder& p) {
  ptrdiff_t strides[kTransposeAxes];
  ptrdiff_t next = 1;
  for (int d = p.axes - 1; d >= 0; --d) {
    strides[d] = next;
    next *= p.shape[d];
  }
  Axes axes;
  for (int d = 0; d < p.axes; ++d) {
    const int from = p.permutation[d];
    if (p.shape[from] == 1) continue;
    const int last = axes.count - 1;
    if (last >= 0 && axes.x[last] == strides[from] * p.shape[from]) {
      axes.size[last] *= p.shape[from];
      axes.x[last] = strides[from];
      continue;
    }
    axes.size[axes.count] = p.shape[from];
    axes.x[axes.count++] = strides[from];
  }
  next = 1;
  for (int d = axes.count - 1; d >= 0; --d) {
    axes.out[d] = next;
    next *= axes.size[d];
  }
  return axes;
}

}  // namespace

void run_transpose(const KernelSet& kernels, const AxisOrder& p) {
  // First the empty axes: the product of the others may not fit in 64 bits.
  for (int d = 0; d < p.axes; ++d) {
    if (p.shape[d] == 0) return;
  }
  int64_t size = 1;
  for (int d = 0; d < p.axes; ++d) size *= p.shape[d];
  const Axes axes = merge_axes(p);
  if (axes.count < 2) {
    std::memcpy(p.out, p.x, static_cast<size_t>(size) * sizeof(float));
    return;
  }
  Transpose t;
  t.x = p.x;
  t.out = p.out;
  const int last = axes.count - 1;
  t.copies = axes.x[last] == 1;
  // The axis of x's columns, as out has it.
  int across = last;
  while (axes.x[across] != 1) --across;
  const int down = t.copies ? last - 1 : last;
  t.rows = axes.size[down];
  t.x_row = axes.x[down];
  t.columns = axes.size[across];
  t.out_row = t.copies ? axes.out[down] : axes.out[across];
  int to = kTransposeOuter;
  for (int d = last; d >= 0; --d) {
    if (d == down || d == across) continue;
    --to;
    t.outer[to] = axes.size[d];
    t.x_outer[to] = axes.x[d];
    t.out_outer[to] = axes.out[d];
  }
  over_rows(t.units(), size, 1, [&](int64_t begin, int64_t end) { kernels.transpose_units(t, begin, end); });
}

}  // namespace sa
