// matmul: C = epilogue(A B), float32, row-major.
//
// Promised: every element of C is one chain of multiply-adds over k = 0, 1, ... that starts at the bias (or
// at 0), whatever the blocking, the thread count and the neighbouring rows; so a row of C depends only on its
// row of A. Any m, n, k >= 0; k = 0 gives epilogue(bias).
// Not promised: equal bits between tiers (the scalar tier rounds each product).
// C must not overlap A, B or the residual.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

enum class Activation : int32_t { kNone = 0, kRelu = 1, kGelu = 2, kGeluTanh = 3, kSilu = 4 };

struct Epilogue {
  const float* bias = nullptr;  // [n], added to every row
  Activation activation = Activation::kNone;
  const float* row_scale = nullptr;  // [m], multiplies each row before the activation
  const float* residual = nullptr;   // [m, n], added after the activation
  ptrdiff_t residual_stride = 0;

  // The same for the part of C that starts at (row, column).
  Epilogue from(int64_t row, int64_t column) const {
    Epilogue part = *this;
    if (bias != nullptr) part.bias += column;
    if (row_scale != nullptr) part.row_scale += row;
    if (residual != nullptr) part.residual += row * residual_stride + column;
    return part;
  }
};

// Logical [rows, cols] of floats: element (i, j) stands at data[i * row_stride + j * col_stride].
struct MatrixView {
  const float* data = nullptr;
  ptrdiff_t row_stride = 0;
  ptrdiff_t col_stride = 1;
};

// B cut in panels of `panel width` columns; row k of panel p starts at data + p * panel_stride + k *
// row_stride and holds a full panel width of readable floats. Packed weights: row_stride = panel width,
// panel_stride = k * panel width. A row-major B can be read in place, except for a last panel that is not
// full.
struct PanelView {
  const float* data = nullptr;
  ptrdiff_t row_stride = 0;
  ptrdiff_t panel_stride = 0;
};

struct MatmulBlock {
  int64_t m = 0, n = 0, k = 0;
  MatrixView a;  // [m, k]
  PanelView b;   // [k, n]
  float* c = nullptr;
  ptrdiff_t c_stride = 0;
  // Start from what C holds instead of from the bias.
  bool accumulate = false;
  Epilogue epilogue;
};

// Tiered, single-threaded entries (see dispatch/kernel_set.h).
//   pack_panels: [k, n] view -> panels, the tail columns filled with zeros; dst holds packed_size(k, n)
//   floats. matmul_block: one block; `scratch` holds kMatmulScratch floats, 64-byte aligned.
// Of A, 84 x 1024 floats = 336 KiB stay in L2 beside the panel of B in use; shallower products take more
// rows, so that B is read less often. 84 is a multiple of the micro-kernels' 14, 7, 6 and 4 rows. A depth of
// 1024 reads and writes C once where k <= 1024: that gains more than a panel of B that fits into L1 would.
inline constexpr int64_t kMatmulDepthBlock = 1024;
inline constexpr int64_t kMatmulBlock = 84 * kMatmulDepthBlock;  // floats of A
inline constexpr size_t kMatmulScratch = static_cast<size_t>(kMatmulBlock + 16 * kMatmulDepthBlock);

}  // namespace sa
