static void embedding_rows(const EmbeddingRows& p, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    float* y = p.y + i * p.columns;
    bool first = true;
    for (const EmbeddingTable& table : p.tables) {
      const int64_t id = table.ids == nullptr ? 0 : table.ids[i];
      if (table.codes != nullptr) {
        const int8_t* codes = table.codes + id * p.columns;
        const float scale = table.scales[id];
        if (first) {
          for (int64_t j = 0; j < p.columns; ++j) y[j] = scale * static_cast<float>(codes[j]);
        } else {
          for (int64_t j = 0; j < p.columns; ++j) y[j] += scale * static_cast<float>(codes[j]);
        }
        first = false;
        continue;
      }
      if (table.data == nullptr) continue;
      const float* row = table.data + id * p.columns;
      for (int64_t j = 0; j < p.columns; j += kLanes) {
        const int width = static_cast<int>(p.columns - j < kLanes ? p.columns - j : kLanes);
        Vec v = vload_row(row + j, width);
        if (!first) v = vadd(v, vload_row(y + j, width));
        vstore_row(y + j, v, width);
      }
      first = false;
    }
  }
}
