#include <algorithm>
#include <atomic>

#include "schedule/grid.h"
#include "schedule/run.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

// Quantised rows of A at a time.
constexpr int64_t kChunkBytes = int64_t{4} << 20;
// Below this many multiply-adds a second thread costs more than it brings.
constexpr double kParallelMultiplyAdds = 1e6;

// Rows [0, m) of one chunk, quantised and multiplied.
void run_chunk(const KernelSet& kernels, const Int8Block& g, int64_t threads) {
  ThreadPool& pool = ThreadPool::instance();
  pool.run(threads, [&](int64_t part) {
    const Range rows = split(g.m, kernels.int8_rows, threads, part);
    kernels.int8_quantize_rows(g.a, rows.begin, rows.end);
  });
  const Grid grid = choose_grid({kernels.int8_rows, kernels.panel_width}, g.m, g.n, threads);
  pool.run(grid.rows * grid.columns, [&](int64_t part) {
    const Range rows = split(g.m, kernels.int8_rows, grid.rows, part / grid.columns);
    const Range columns = split(g.n, kernels.panel_width, grid.columns, part % grid.columns);
    Int8Block piece = g;
    piece.m = rows.end - rows.begin;
    piece.n = columns.end - columns.begin;
    if (piece.m == 0 || piece.n == 0) return;
    piece.a.data += rows.begin * g.a.stride;
    piece.a.scales += rows.begin;
    piece.a.zeros += rows.begin;
    piece.b.data += columns.begin * int8_column_bytes(g.k);
    piece.b.sums += columns.begin;
    piece.b.scales += columns.begin;
    piece.c += rows.begin * g.c_stride + columns.begin;
    piece.epilogue = g.epilogue.from(rows.begin, columns.begin);
    kernels.int8_block(piece);
  });
}

}  // namespace

void run_int8_pack(const KernelSet& kernels, const MatrixView& b, int64_t k, int64_t n,
                   const Int8Panels& to) {
  ThreadPool& pool = ThreadPool::instance();
  const int64_t parts = k * n < 65536 ? 1 : pool.threads();
  pool.run(parts, [&](int64_t part) {
    const Range columns = split(n, kernels.panel_width, parts, part);
    const MatrixView from = {b.data + columns.begin * b.col_stride, b.row_stride, b.col_stride};
    kernels.int8_pack(
        from, k, columns.end - columns.begin,
        {to.data + columns.begin * int8_column_bytes(k), to.sums + columns.begin, to.scales + columns.begin});
  });
}

bool run_int8_matmul(const KernelSet& kernels, const Int8Matmul& p) {
  if (p.m == 0 || p.n == 0) return true;
  const int64_t stride = int8_row_stride(p.k);
  const int64_t chunk = std::min(p.m, std::max<int64_t>(kernels.int8_rows, kChunkBytes / stride));
  const int64_t threads =
      static_cast<double>(chunk) * static_cast<double>(p.n) * static_cast<double>(p.k) < kParallelMultiplyAdds
          ? 1
          : ThreadPool::instance().threads();
  // Scales and zero points behind the bytes.
  const size_t row_floats = static_cast<size_t>(stride) / sizeof(float) + 2;
  Workspace memory(static_cast<size_t>(chunk) * row_floats);
  if (!memory.ok()) return false;
  Int8Block g;
  g.n = p.n;
  g.k = p.k;
  g.b = p.b;
  g.c_stride = p.c_stride;
  g.a.k = p.k;
  g.a.x_stride = p.x_stride;
  g.a.stride = stride;
  g.a.data = reinterpret_cast<uint8_t*>(memory.data());
  g.a.scales = memory.data() + chunk * (stride / static_cast<int64_t>(sizeof(float)));
  g.a.zeros = reinterpret_cast<int32_t*>(g.a.scales + chunk);
  for (int64_t row = 0; row < p.m; row += chunk) {
    g.m = std::min(chunk, p.m - row);
    g.a.x = p.x + row * p.x_stride;
    g.c = p.c + row * p.c_stride;
    g.epilogue = p.epilogue.from(row, 0);
    run_chunk(kernels, g, threads);
  }
  return true;
}

}  // namespace sa
