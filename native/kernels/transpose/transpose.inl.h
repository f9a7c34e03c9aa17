// Columns [begin, end) of the matrix at x become rows of out.
static void transpose_columns(const Transpose& p, const float* x, float* out, int64_t begin, int64_t end) {
  int64_t i = 0;
  for (; i + kLanes <= p.rows; i += kLanes) {
    const float* from = x + i * p.x_row;
    float* to = out + i;
    int64_t j = begin;
    for (; j + kLanes <= end; j += kLanes) {
      vtranspose(from + j, p.x_row, kLanes, to + j * p.out_row, p.out_row);
    }
    for (; j < end; ++j) {
      for (int r = 0; r < kLanes; ++r) to[j * p.out_row + r] = from[r * p.x_row + j];
    }
  }
  for (; i < p.rows; ++i) {
    for (int64_t j = begin; j < end; ++j) out[j * p.out_row + i] = x[i * p.x_row + j];
  }
}

static void copy_rows(const Transpose& p, const float* x, float* out, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    const float* from = x + i * p.x_row;
    float* to = out + i * p.out_row;
    int64_t j = 0;
    for (; j + kLanes <= p.columns; j += kLanes) vstore(to + j, vload(from + j));
    for (; j < p.columns; ++j) to[j] = from[j];
  }
}

static void transpose_units(const Transpose& p, int64_t begin, int64_t end) {
  const int64_t blocks = p.blocks(), count = p.copies ? p.rows : p.columns;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t rest = unit / blocks;
    const float* x = p.x;
    float* out = p.out;
    for (int d = kTransposeOuter - 1; d >= 0; --d) {
      x += rest % p.outer[d] * p.x_outer[d];
      out += rest % p.outer[d] * p.out_outer[d];
      rest /= p.outer[d];
    }
    const int64_t first = unit % blocks * kTransposeRows;
    const int64_t last = count - first < kTransposeRows ? count : first + kTransposeRows;
    if (p.copies) {
      copy_rows(p, x, out, first, last);
    } else {
      transpose_columns(p, x, out, first, last);
    }
  }
}
