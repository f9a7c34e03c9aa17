#include "runtime/workspace.h"

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "runtime/fault.h"

#if defined(_WIN32)
#include <malloc.h>
#else
#include <sys/mman.h>
#endif

namespace sa {

namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kHugePage = 2u << 20;
constexpr size_t kPage = 4096;
constexpr size_t kRetainedBlocks = 32;
constexpr size_t kRetainedBytes = 64u << 20;

void* allocate_aligned(size_t bytes) {
  const size_t alignment = bytes >= kHugePage ? kHugePage : kAlignment;
  // Whole pages, not whole huge pages: a last one of those would be resident for a few kilobytes of weights.
  const size_t unit = bytes >= kHugePage ? kPage : kAlignment;
  if (bytes > SIZE_MAX - alignment || should_fail(Resource::kMemory)) return nullptr;
  const size_t rounded = (bytes + unit - 1) / unit * unit;
#if defined(_WIN32)
  return _aligned_malloc(rounded, alignment);
#else
  void* block = nullptr;
  if (posix_memalign(&block, alignment, rounded) != 0) return nullptr;
#if defined(MADV_HUGEPAGE)
  if (bytes >= kHugePage) madvise(block, rounded, MADV_HUGEPAGE);
#endif
  return block;
#endif
}

// Sizes a quarter of a power of two apart, so that work of much the same size finds a block that fits:
// batches differ by a few tokens.
size_t size_class(size_t bytes) {
  size_t step = kPage;
  while (step <= bytes / 8) step *= 2;
  return (bytes + step - 1) / step * step;
}

void release_aligned(void* block) {
#if defined(_WIN32)
  _aligned_free(block);
#else
  free(block);
#endif
}

struct Block {
  void* data;
  size_t bytes;
};

// Never destroyed: threads of the pool may outlive static destructors.
struct Cache {
  std::mutex mutex;
  Block blocks[kRetainedBlocks];
  size_t count = 0;
  size_t bytes = 0;
};

Cache& cache() {
  static Cache* instance = new Cache;
  return *instance;
}

}  // namespace

Workspace::Workspace(size_t floats) {
  if (floats > SIZE_MAX / sizeof(float) / 2) return;
  const size_t wanted = size_class((floats == 0 ? 1 : floats) * sizeof(float));
  {
    Cache& c = cache();
    std::lock_guard<std::mutex> lock(c.mutex);
    size_t best = c.count;
    for (size_t i = 0; i < c.count; ++i) {
      // A block much larger than asked for is left for those who need it.
      const bool fits = c.blocks[i].bytes >= wanted && c.blocks[i].bytes / 4 <= wanted + (64u << 10);
      if (fits && (best == c.count || c.blocks[i].bytes < c.blocks[best].bytes)) best = i;
    }
    if (best < c.count) {
      block_ = c.blocks[best].data;
      bytes_ = c.blocks[best].bytes;
      c.bytes -= bytes_;
      c.blocks[best] = c.blocks[--c.count];
      return;
    }
  }
  block_ = allocate_aligned(wanted);
  bytes_ = wanted;
}

Workspace::~Workspace() {
  if (block_ == nullptr) return;
  {
    Cache& c = cache();
    std::lock_guard<std::mutex> lock(c.mutex);
    if (c.count < kRetainedBlocks && c.bytes + bytes_ <= kRetainedBytes) {
      c.blocks[c.count++] = {block_, bytes_};
      c.bytes += bytes_;
      return;
    }
  }
  release_aligned(block_);
}

size_t Workspace::retained_bytes() {
  Cache& c = cache();
  std::lock_guard<std::mutex> lock(c.mutex);
  return c.bytes;
}

AlignedFloats::~AlignedFloats() { release_aligned(data_); }

AlignedFloats::AlignedFloats(AlignedFloats&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

AlignedFloats& AlignedFloats::operator=(AlignedFloats&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

bool AlignedFloats::allocate(size_t floats) {
  release_aligned(data_);
  data_ = nullptr;
  size_ = 0;
  if (floats > SIZE_MAX / sizeof(float) / 2) return false;
  data_ = static_cast<float*>(allocate_aligned((floats == 0 ? 1 : floats) * sizeof(float)));
  if (data_ != nullptr) size_ = floats;
  return data_ != nullptr;
}

}  // namespace sa
