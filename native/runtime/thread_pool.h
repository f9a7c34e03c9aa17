// One pool a process. A region is `count` independent parts of one piece of work; its caller takes part, and
// idle workers join. At most threads() threads compute at any time, whoever called: a caller beyond that
// waits for its turn, so that two jobs side by side never fight for the cores.
//
// The split into parts is the caller's and does not depend on timing, so results do not either. Workers spin
// for a few microseconds between regions, then park: an idle process uses no CPU.
// A region started from inside a part runs right there, one part after the other.
// Where the system gives fewer threads than wanted, even none, a region runs on those that are there.
#pragma once

#include <cstdint>

namespace sa {

class ThreadPool {
 public:
  // Never destroyed, and its code is never unloaded: parked workers outlive every environment.
  static ThreadPool& instance();

  int threads() const;
  // Threads that the pool has started, beside its callers.
  int workers() const;
  // 1 <= n <= kMaxThreads; takes effect for regions that start later.
  void set_threads(int n);

  // Runs body(0) ... body(count - 1), returns when all have ended. `body` must not throw.
  template <typename Body>
  void run(int64_t count, const Body& body) {
    run_erased(count, [](const void* b, int64_t part) { (*static_cast<const Body*>(b))(part); }, &body);
  }

  static constexpr int kMaxThreads = 256;

 private:
  using Part = void (*)(const void* body, int64_t part);
  struct Impl;
  ThreadPool();
  void run_erased(int64_t count, Part part, const void* body);
  Impl* impl_;
};

// [begin, end) of part `part` when `count` items are cut in `parts` near-equal runs of multiples of
// `multiple`.
struct Range {
  int64_t begin, end;
};
inline Range split(int64_t count, int64_t multiple, int64_t parts, int64_t part) {
  const int64_t units = (count + multiple - 1) / multiple;
  const int64_t begin = units * part / parts * multiple, end = units * (part + 1) / parts * multiple;
  return {begin < count ? begin : count, end < count ? end : count};
}

}  // namespace sa
