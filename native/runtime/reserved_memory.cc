#include "runtime/reserved_memory.h"

#include <algorithm>

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <sys/mman.h>
#endif

#if !defined(MAP_NORESERVE)
#define MAP_NORESERVE 0
#endif

namespace sa {

#if defined(_WIN32)

namespace {

constexpr size_t kStep = size_t{1} << 20;

}  // namespace

bool ReservedMemory::reserve(size_t bytes) {
  bytes_ = bytes == 0 ? 1 : bytes;
  data_ = VirtualAlloc(nullptr, bytes_, MEM_RESERVE, PAGE_READWRITE);
  return data_ != nullptr;
}

bool ReservedMemory::provide(size_t bytes) {
  if (bytes > bytes_) return false;
  if (bytes <= provided_) return true;
  const size_t end = std::min(bytes_, (bytes + kStep - 1) / kStep * kStep);
  char* from = static_cast<char*>(data_) + provided_;
  if (VirtualAlloc(from, end - provided_, MEM_COMMIT, PAGE_READWRITE) == nullptr) return false;
  provided_ = end;
  return true;
}

ReservedMemory::~ReservedMemory() {
  if (data_ != nullptr) VirtualFree(data_, 0, MEM_RELEASE);
}

#else

bool ReservedMemory::reserve(size_t bytes) {
  bytes_ = bytes == 0 ? 1 : bytes;
  void* data =
      mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) return false;
  data_ = data;
  return true;
}

// A page becomes memory when it is first written.
bool ReservedMemory::provide(size_t bytes) {
  provided_ = std::max(provided_, bytes);
  return bytes <= bytes_;
}

ReservedMemory::~ReservedMemory() {
  if (data_ != nullptr) munmap(data_, bytes_);
}

#endif

}  // namespace sa
