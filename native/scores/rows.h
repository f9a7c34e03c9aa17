// The rows that a pass over some tokens works on: every buffer of a program has one row a token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weights/fields.h"

namespace sa {

// Where a buffer's rows are: [tokens, columns] from float tokens * begin of the pass' memory on.
struct BufferPlace {
  int64_t begin = 0, columns = 0;
};

// Some columns of a buffer.
struct Columns {
  int32_t buffer = -1;
  int64_t first = 0, count = 0;

  bool present() const { return buffer >= 0; }
};

struct Rows {
  int64_t tokens = 0;
  float* memory = nullptr;
  const std::vector<BufferPlace>* buffers = nullptr;

  const BufferPlace& place(const Columns& c) const { return (*buffers)[static_cast<size_t>(c.buffer)]; }
  // From row to row.
  ptrdiff_t stride(const Columns& c) const { return place(c).columns; }
  float* at(const Columns& c, int64_t row = 0) const {
    return memory + place(c).begin * tokens + row * place(c).columns + c.first;
  }
};

// The columns under `name`, {buffer, first, count}: `count` of them, or any number where that is 0.
Columns read_columns(Fields& fields, const char* name, const std::vector<BufferPlace>& buffers,
                     int64_t count);

}  // namespace sa
