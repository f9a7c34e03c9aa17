// Address space for a table that fills up from its start, of which only what is used becomes memory.
#pragma once

#include <cstddef>

namespace sa {

class ReservedMemory {
 public:
  ReservedMemory() = default;
  ~ReservedMemory();
  ReservedMemory(const ReservedMemory&) = delete;
  ReservedMemory& operator=(const ReservedMemory&) = delete;

  // Once. False when the system has no such range of addresses.
  bool reserve(size_t bytes);
  // The first `bytes` are zeros that may be written, or what was written there. False when memory has run
  // out.
  bool provide(size_t bytes);
  void* data() const { return data_; }

 private:
  void* data_ = nullptr;
  size_t bytes_ = 0, provided_ = 0;
};

}  // namespace sa
