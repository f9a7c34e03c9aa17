// Aligned scratch memory that belongs to the caller: acquired for a piece of work, given back at its end.
// Blocks are kept for reuse up to a bound, because fresh pages cost a fault each.
#pragma once

#include <cstddef>

namespace sa {

class Workspace {
 public:
  // At least `floats` floats, 64-byte aligned, contents undefined. ok() is false when memory has run out.
  explicit Workspace(size_t floats);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  bool ok() const { return block_ != nullptr; }
  float* data() const { return static_cast<float*>(block_); }

  // Bytes kept for reuse by the whole process.
  static size_t retained_bytes();

 private:
  void* block_ = nullptr;
  size_t bytes_ = 0;
};

// Long-lived aligned floats (packed weights).
class AlignedFloats {
 public:
  AlignedFloats() = default;
  ~AlignedFloats();
  AlignedFloats(AlignedFloats&& other) noexcept;
  AlignedFloats& operator=(AlignedFloats&& other) noexcept;
  AlignedFloats(const AlignedFloats&) = delete;
  AlignedFloats& operator=(const AlignedFloats&) = delete;

  // False when memory has run out; then the object is empty.
  bool allocate(size_t floats);
  float* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  float* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sa
