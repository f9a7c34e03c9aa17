// Embedding: the rows of a table picked by ids, plus up to two more tables (positions, token types). The norm
// that follows in BERT is the layer_norm kernel on the result.
// Ids are NOT checked here: the caller has checked 0 <= id < rows of the table.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sa {

struct EmbeddingTable {
  const float* data = nullptr;   // [rows, columns]
  const int32_t* ids = nullptr;  // [n]; null means row 0 for every position
  // Instead of `data`: rows of 8 bits with a scale each. Neither leaves the table out.
  const int8_t* codes = nullptr;
  const float* scales = nullptr;
};

struct EmbeddingRows {
  int64_t columns = 0;
  EmbeddingTable tables[3];
  float* y = nullptr;  // [n, columns]
};

}  // namespace sa
