// Sizes that a model decides, without std::vector's way to fail: operator new throws, and code without
// exceptions ends there.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace sa {

// vector->resize(size), or false when there is no memory of that size.
template <typename T>
bool try_resize(std::vector<T>* vector, size_t size) {
  void* probe = ::operator new(size * sizeof(T), std::nothrow);
  if (probe == nullptr) return false;
  ::operator delete(probe);
  vector->resize(size);
  return true;
}

}  // namespace sa
