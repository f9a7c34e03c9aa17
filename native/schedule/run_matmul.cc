#include <algorithm>
#include <atomic>

#include "schedule/grid.h"
#include "schedule/run.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

// Below this many multiply-adds a second thread costs more than it brings.
constexpr double kParallelMultiplyAdds = 250e3;
// Floats of B packed at a time: 8 MiB, so that a stripe stays in L3.
constexpr int64_t kStripeFloats = int64_t{2} << 20;
// Up to this many rows of A, packing a B that is used once costs more than reading it in place: more where a
// panel takes two cache lines of a row of B and not one, fewer where rows of B are a page apart, which puts
// them into the same few cache sets and each into a page of its own.
struct InPlaceRows {
  int64_t rows, paged;
};
constexpr InPlaceRows kWidePanels = {1024, 64}, kNarrowPanels = {64, 24};
constexpr int64_t kPageFloats = 1024, kLineFloats = 16;

bool read_in_place(const KernelSet& kernels, int64_t m, const MatrixView& b) {
  const InPlaceRows& most = kernels.panel_width > kLineFloats ? kWidePanels : kNarrowPanels;
  return b.col_stride == 1 && m <= (b.row_stride % kPageFloats == 0 ? most.paged : most.rows);
}

bool run_block(const KernelSet& kernels, const MatmulBlock& g) {
  ThreadPool& pool = ThreadPool::instance();
  const bool small =
      static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k) < kParallelMultiplyAdds;
  const Grid grid =
      choose_grid({kernels.row_multiple, kernels.panel_width}, g.m, g.n, small ? 1 : pool.threads());
  std::atomic<bool> ok{true};
  pool.run(grid.rows * grid.columns, [&](int64_t part) {
    const Range rows = split(g.m, kernels.row_multiple, grid.rows, part / grid.columns);
    const Range columns = split(g.n, kernels.panel_width, grid.columns, part % grid.columns);
    Workspace scratch(kMatmulScratch);
    if (!scratch.ok()) {
      ok = false;
      return;
    }
    MatmulBlock piece = g;
    piece.m = rows.end - rows.begin;
    piece.n = columns.end - columns.begin;
    if (piece.m == 0 || piece.n == 0) return;
    piece.a.data += rows.begin * g.a.row_stride;
    piece.b.data += columns.begin / kernels.panel_width * g.b.panel_stride;
    piece.c += rows.begin * g.c_stride + columns.begin;
    piece.epilogue = g.epilogue.from(rows.begin, columns.begin);
    kernels.matmul_block(piece, scratch.data());
  });
  return ok;
}

// Columns [j, j + columns) of one product, B packed into `stripe` or read in place.
bool run_stripe(const KernelSet& kernels, MatmulBlock g, const MatrixView& b, int64_t j, int64_t columns) {
  g.n = columns;
  g.c += j;
  g.epilogue = g.epilogue.from(0, j);
  const MatrixView from = {b.data + j * b.col_stride, b.row_stride, b.col_stride};
  if (read_in_place(kernels, g.m, b) && columns % kernels.panel_width == 0) {
    g.b = {from.data, b.row_stride, kernels.panel_width};
    return run_block(kernels, g);
  }
  Workspace stripe(kernels.packed_size(g.k, columns));
  if (!stripe.ok()) return false;
  run_pack(kernels, from, g.k, columns, stripe.data());
  g.b = {stripe.data(), kernels.panel_width, g.k * kernels.panel_width};
  return run_block(kernels, g);
}

bool run_one(const KernelSet& kernels, const Matmul& p, int64_t batch) {
  MatmulBlock g;
  g.m = p.m;
  g.n = p.n;
  g.k = p.k;
  g.a = {p.a.data + batch * p.a_batch, p.a.row_stride, p.a.col_stride};
  g.c = p.c + batch * p.c_batch;
  g.c_stride = p.c_stride;
  g.epilogue = p.epilogue;
  if (p.epilogue.residual != nullptr) g.epilogue.residual += batch * p.residual_batch;
  if (p.epilogue.bias != nullptr) g.epilogue.bias += batch * p.bias_batch;
  if (p.packed_b != nullptr) {
    g.b = {p.packed_b + batch * p.packed_batch, kernels.panel_width, p.k * kernels.panel_width};
    return run_block(kernels, g);
  }
  const MatrixView b = {p.b.data + batch * p.b_batch, p.b.row_stride, p.b.col_stride};
  const int64_t width = kernels.panel_width;
  int64_t columns = std::max(width, kStripeFloats / std::max<int64_t>(p.k, 1) / width * width);
  // Few rows: the full panels are read in place, and only a last, narrower one is packed.
  if (read_in_place(kernels, p.m, b) && p.n > width) columns = std::min(columns, p.n / width * width);
  for (int64_t j = 0; j < p.n; j += columns) {
    if (!run_stripe(kernels, g, b, j, std::min(columns, p.n - j))) return false;
  }
  return true;
}

}  // namespace

void run_pack(const KernelSet& kernels, const MatrixView& b, int64_t k, int64_t n, float* dst) {
  if (k == 0 || n == 0) return;
  ThreadPool& pool = ThreadPool::instance();
  const int64_t parts = k * n < 65536 ? 1 : pool.threads();
  pool.run(parts, [&](int64_t part) {
    const Range columns = split(n, kernels.panel_width, parts, part);
    const MatrixView from = {b.data + columns.begin * b.col_stride, b.row_stride, b.col_stride};
    kernels.pack_panels(from, k, columns.end - columns.begin, dst + columns.begin * k);
  });
}

bool run_matmul(const KernelSet& kernels, const Matmul& p) {
  if (p.batch == 0 || p.m == 0 || p.n == 0) return true;
  ThreadPool& pool = ThreadPool::instance();
  std::atomic<bool> ok{true};
  const auto one = [&](int64_t batch) {
    if (!run_one(kernels, p, batch)) ok = false;
  };
  const bool large = static_cast<double>(p.batch) * static_cast<double>(p.m) * static_cast<double>(p.n) *
                         static_cast<double>(p.k) >=
                     kParallelMultiplyAdds;
  if (large && p.batch >= pool.threads()) {
    pool.run(p.batch, one);
  } else {
    for (int64_t batch = 0; batch < p.batch; ++batch) one(batch);
  }
  return ok;
}

}  // namespace sa
