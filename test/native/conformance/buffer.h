// Memory whose borders are watched. A buffer starts at a random, mostly unaligned offset behind a guard. All
// of it is filled with one NaN at first, so that an operand's gaps and borders spoil the result when they are
// read, and show when they are written. Under an address sanitizer the block ends exactly where its data
// ends, and the guard is poisoned; elsewhere a second guard follows.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "conformance/random.h"

#if defined(__SANITIZE_ADDRESS__)
#define SA_TEST_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SA_TEST_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(SA_TEST_ADDRESS_SANITIZER)
#include <sanitizer/asan_interface.h>
#endif

namespace sa_test {

#if defined(SA_TEST_ADDRESS_SANITIZER)
inline constexpr int64_t kTail = 0;
#else
inline constexpr int64_t kTail = 16;
#endif

template <typename T>
class Buffer {
 public:
  Buffer(Random& random, int64_t size)
      : offset_(random.between(0, 7)), size_(size), total_(offset_ + size + kTail) {
    const size_t bytes = static_cast<size_t>(total_) * sizeof(T);
    memory_ = static_cast<unsigned char*>(std::malloc(bytes == 0 ? 1 : bytes));
    if (memory_ == nullptr) std::abort();
    for (size_t i = 0; i < bytes; ++i) memory_[i] = guard(i);
    poison(true);
  }
  ~Buffer() {
    poison(false);
    std::free(memory_);
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  T* data() { return reinterpret_cast<T*>(memory_) + offset_; }
  const T* data() const { return reinterpret_cast<const T*>(memory_) + offset_; }
  T& operator[](int64_t i) { return data()[i]; }
  const T& operator[](int64_t i) const { return data()[i]; }
  int64_t size() const { return size_; }

  // Element i still holds what the constructor wrote. Also for the guards: i in [-offset, size + kTail).
  bool untouched(int64_t i) const {
    const size_t at = static_cast<size_t>(offset_ + i) * sizeof(T);
    for (size_t b = 0; b < sizeof(T); ++b) {
      if (memory_[at + b] != guard(at + b)) return false;
    }
    return true;
  }

  // The first guard element that was written to, or size() + kTail when all are whole.
  int64_t broken_guard() {
    int64_t broken = size_ + kTail;
    poison(false);
    for (int64_t i = -offset_; i < size_ + kTail; ++i) {
      if (i == 0) i = size_;
      if (i < size_ + kTail && !untouched(i)) {
        broken = i;
        break;
      }
    }
    poison(true);
    return broken;
  }

 private:
  // 0x7FC5A5A5, a quiet NaN, as a float; bytes that are not 0 as a mask.
  static unsigned char guard(size_t byte) {
    static constexpr unsigned char kPattern[4] = {0xA5, 0xA5, 0xC5, 0x7F};
    return kPattern[byte % 4];
  }

  void poison(bool on) {
#if defined(SA_TEST_ADDRESS_SANITIZER)
    const size_t bytes = static_cast<size_t>(offset_) * sizeof(T);
    if (on) {
      ASAN_POISON_MEMORY_REGION(memory_, bytes);
    } else {
      ASAN_UNPOISON_MEMORY_REGION(memory_, bytes);
    }
#else
    (void)on;
#endif
  }

  int64_t offset_, size_, total_;
  unsigned char* memory_ = nullptr;
};

// Scratch as kernels want it: 64-byte aligned, of exactly this size, full of NaN.
class Scratch {
 public:
  explicit Scratch(size_t floats) {
    const size_t bytes = (floats == 0 ? 1 : floats) * sizeof(float);
#if defined(_WIN32)
    memory_ = _aligned_malloc(bytes, 64);
#else
    if (posix_memalign(&memory_, 64, bytes) != 0) memory_ = nullptr;
#endif
    if (memory_ == nullptr) std::abort();
    std::memset(memory_, 0xFF, bytes);
  }
  ~Scratch() {
#if defined(_WIN32)
    _aligned_free(memory_);
#else
    std::free(memory_);
#endif
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  float* data() { return static_cast<float*>(memory_); }

 private:
  void* memory_ = nullptr;
};

}  // namespace sa_test
