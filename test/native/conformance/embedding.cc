// Rows of tables, in float32 or in 8 bits, added up.
#include <cmath>
#include <memory>
#include <vector>

#include "conformance/operations.h"
#include "schedule/run.h"

namespace sa_test {

void check_embedding(Case& c) {
  Random& r = c.random;
  const int64_t rows = r.size(0, 12, 300);
  sa::EmbeddingRows p;
  p.columns = r.size(1, 50, 800);
  std::unique_ptr<Buffer<float>> tables[3];
  std::unique_ptr<Buffer<int32_t>> ids[3];
  std::unique_ptr<Buffer<int8_t>> codes[3];
  int first = -1;
  for (int t = 0; t < 3; ++t) {
    if (r.chance(30) && !(t == 2 && first < 0)) continue;
    if (first < 0) first = t;
    const int64_t entries = r.between(1, 9);
    const bool quantized = r.chance(40);
    tables[t].reset(new Buffer<float>(r, entries * (quantized ? 1 : p.columns)));
    fill(c, *tables[t], any_numbers(r));
    if (quantized) {
      codes[t].reset(new Buffer<int8_t>(r, entries * p.columns));
      for (int64_t i = 0; i < codes[t]->size(); ++i)
        (*codes[t])[i] = static_cast<int8_t>(r.between(-127, 127));
      p.tables[t].codes = codes[t]->data();
      p.tables[t].scales = tables[t]->data();
    } else {
      p.tables[t].data = tables[t]->data();
    }
    if (r.chance(20)) continue;
    ids[t].reset(new Buffer<int32_t>(r, rows));
    for (int64_t i = 0; i < rows; ++i) (*ids[t])[i] = static_cast<int32_t>(r.between(0, entries - 1));
    p.tables[t].ids = ids[t]->data();
  }
  Buffer<float> y(r, rows * p.columns);
  p.y = y.data();
  const bool threaded = r.chance(50);
  c.describe("rows %d, columns %d, tables%s%s%s%s", static_cast<int>(rows), static_cast<int>(p.columns),
             tables[0] ? " 0" : "", tables[1] ? " 1" : "", tables[2] ? " 2" : "",
             threaded ? ", threaded" : "");
  int64_t begin = 0, end = rows;
  if (threaded) {
    any_threads(c);
    sa::run_embedding(c.kernels, p, rows);
  } else {
    begin = r.between(0, rows);
    end = r.between(begin, rows);
    c.kernels.embedding_rows(p, begin, end);
  }
  std::vector<char> written(static_cast<size_t>(y.size()), 0);
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t j = 0; j < p.columns; ++j) {
      double expected = 0, bound = 0;
      for (int t = 0; t < 3; ++t) {
        if (!tables[t]) continue;
        const int64_t id = ids[t] ? (*ids[t])[i] : 0;
        const double x = codes[t] ? static_cast<double>((*tables[t])[id]) * (*codes[t])[id * p.columns + j]
                                  : static_cast<double>((*tables[t])[id * p.columns + j]);
        expected += x;
        bound += kU * ((codes[t] ? 2 * std::fabs(x) : 0) + (t == first ? 0 : std::fabs(expected) + bound));
      }
      c.within("y", i * p.columns + j, y[i * p.columns + j], expected, bound + kTiny);
      written[static_cast<size_t>(i * p.columns + j)] = 1;
    }
  }
  c.untouched("written beside y", y, written);
}

}  // namespace sa_test
