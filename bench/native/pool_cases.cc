// What it costs to hand work to the pool: the time from the call until every thread is in its part and back.
// Parts wait for each other, so that none of them can run two. Workers that ended a region a moment ago still
// spin; after a pause they are parked and have to be woken by the system.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "bench.h"
#include "runtime/thread_pool.h"

namespace bench {

namespace {

// Seconds of one region in which all threads meet.
double meet(std::atomic<int64_t>* meetings) {
  sa::ThreadPool& pool = sa::ThreadPool::instance();
  const int64_t threads = pool.threads();
  std::atomic<int64_t> arrived{0};
  const auto start = std::chrono::steady_clock::now();
  pool.run(threads, [&](int64_t) {
    arrived.fetch_add(1);
    while (arrived.load() < threads) std::this_thread::yield();
  });
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (arrived.load() == threads) meetings->fetch_add(1);
  return seconds;
}

Case wake(std::chrono::microseconds pause) {
  Case made;
  made.unit = "us";
  made.bounded = false;
  auto meetings = std::make_shared<std::atomic<int64_t>>(0);
  made.seconds = [=] {
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
    return meet(meetings.get());
  };
  made.check = [=] { return meetings->load() > 0 ? 0.0 : 2.0; };
  return made;
}

}  // namespace

void add_pool(Makers& makers) {
  // One thread hands nothing over.
  if (sa::ThreadPool::instance().threads() == 1) return;
  using std::chrono::microseconds;
  makers.push_back({"pool", "wake, spinning", [](const sa::KernelSet&) { return wake(microseconds(0)); }});
  makers.push_back({"pool", "wake, parked", [](const sa::KernelSet&) { return wake(microseconds(1000)); }});
}

}  // namespace bench
