#include "scores/rows.h"

#include <string>

namespace sa {

Columns read_columns(Fields& fields, const char* name, const std::vector<BufferPlace>& buffers,
                     int64_t count) {
  Columns out;
  const FieldScope scope(fields, name);
  const int64_t last = static_cast<int64_t>(buffers.size()) - 1;
  out.buffer = static_cast<int32_t>(fields.integer("buffer", 0, last));
  if (fields.failed()) return out;
  const int64_t columns = buffers[static_cast<size_t>(out.buffer)].columns;
  out.first = fields.integer_or("first", 0, columns - 1, 0);
  out.count = fields.integer_or("count", 1, columns - out.first, columns - out.first);
  if (count > 0) {
    fields.expect(out.count == count, name, std::to_string(count) + " columns",
                  static_cast<double>(out.count));
  }
  return out;
}

}  // namespace sa
