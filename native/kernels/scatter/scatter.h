// Rows added to rows: out[indices[i]] += x[i] for i in ascending order, so that the sums are the same however
// the columns are cut. Indices outside of [0, out_rows) are skipped.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct ScatterRows {
  int64_t rows = 0, columns = 0, out_rows = 0;
  const float* x = nullptr;          // [rows, columns]
  const int32_t* indices = nullptr;  // [rows]
  float* out = nullptr;              // [out_rows, columns]
};

}  // namespace sa
