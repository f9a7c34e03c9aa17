// Work that falls apart into rows (or elements) that know nothing of each other, cut among the threads.
#pragma once

#include <algorithm>
#include <cstdint>

#include "runtime/thread_pool.h"

namespace sa {

// Below this many elements a second thread costs more than it brings.
inline constexpr int64_t kParallelElements = 32768;

// `elements` that are read or written in all: where there are none, the rows are nothing to do, however many.
template <typename Rows>
void over_rows(int64_t rows, int64_t elements, int64_t multiple, const Rows& body) {
  if (elements == 0) return;
  ThreadPool& pool = ThreadPool::instance();
  const int64_t parts = elements < kParallelElements ? 1 : std::min<int64_t>(pool.threads(), rows);
  pool.run(parts, [&](int64_t part) {
    const Range range = split(rows, multiple, parts, part);
    if (range.begin < range.end) body(range.begin, range.end);
  });
}

}  // namespace sa
