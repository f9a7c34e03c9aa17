// How C is cut into tiles: panels of columns, and rows.

inline constexpr int kPanel = kMatmulVectors * kLanes;
inline constexpr int kCacheLine = 16;  // floats

// Rows of A in equal tiles of at most kMatmulRows (or `highest`): 16 rows become 8 + 8 and not 14 + 2, whose
// two rows could not hide the latency of their multiply-adds.
struct Heights {
  int64_t tiles, low, taller;  // `taller` tiles of low + 1 rows come first, then tiles of `low`

  explicit Heights(int64_t rows, int64_t highest = kMatmulRows) {
    tiles = (rows + highest - 1) / highest;
    low = rows / tiles;
    taller = rows - low * tiles;
  }
  int64_t begin(int64_t tile) const { return tile * low + (tile < taller ? tile : taller); }
};
