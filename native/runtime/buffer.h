// An array whose size comes from a caller. std::vector reports that memory has run out by an exception, which
// this code cannot catch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "runtime/fault.h"

namespace sa {

template <typename T>
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(data_); }
  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  // Contents are undefined. False when memory has run out; then the buffer is empty.
  bool allocate(size_t count) {
    std::free(data_);
    data_ = nullptr;
    size_ = 0;
    if (count > SIZE_MAX / sizeof(T) || should_fail(Resource::kMemory)) return false;
    data_ = static_cast<T*>(std::malloc(count == 0 ? sizeof(T) : count * sizeof(T)));
    if (data_ != nullptr) size_ = count;
    return data_ != nullptr;
  }

  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  static_assert(__is_trivially_copyable(T), "elements are neither constructed nor destroyed");
  T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sa
