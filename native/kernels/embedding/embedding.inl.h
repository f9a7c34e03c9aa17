static void embedding_rows(const EmbeddingRows& p, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; ++i) {
    float* y = p.y + i * p.columns;
    bool first = true;
    for (const EmbeddingTable& table : p.tables) {
      if (table.data == nullptr) continue;
      const float* row = table.data + (table.ids == nullptr ? 0 : table.ids[i]) * p.columns;
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
