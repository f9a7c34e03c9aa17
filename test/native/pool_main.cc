// Many threads start regions on the one pool at once, nested ones included, while its size changes: for a
// thread sanitizer to watch.
#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

int main() {
  sa::ThreadPool& pool = sa::ThreadPool::instance();
  std::atomic<long> parts{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        std::vector<long> mine(7, 0);
        pool.run(7, [&](int64_t part) {
          sa::Workspace scratch(static_cast<size_t>(100 + 1000 * part));
          scratch.data()[0] = static_cast<float>(part);
          pool.run(3, [&](int64_t) { parts.fetch_add(1, std::memory_order_relaxed); });
          mine[static_cast<size_t>(part)] += 1;
        });
        // What the parts wrote is visible to the caller when run() returns.
        for (long m : mine) parts.fetch_add(m == 1 ? 1 : 1000000, std::memory_order_relaxed);
      }
    });
  }
  for (int i = 0; i < 200; ++i) pool.set_threads(1 + i % 4);
  for (std::thread& caller : callers) caller.join();
  const long expected = 4L * 500 * 7 * 4;
  std::printf("summary: pool: %ld of %ld parts\n", parts.load(), expected);
  return parts.load() == expected ? 0 : 1;
}
