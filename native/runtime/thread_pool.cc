#include "runtime/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "runtime/background.h"
#include "runtime/cpu_count.h"
#include "runtime/settings.h"
#include "runtime/thread.h"

#if defined(_WIN32)
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace sa {

namespace {

thread_local bool inside_part = false;

void pause_briefly() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// About 20 us on a 3 GHz core: longer than the gap between two operations of one forward pass, shorter than
// anything an operator would notice as load.
constexpr int kSpins = 600;

// The mutex is held for some ten instructions at a time: whoever finds it taken waits for it awake, because
// to sleep and to be woken takes longer than a whole region of a small operation.
void lock_awake(std::unique_lock<std::mutex>& lock) {
  for (int i = 0; i < kSpins; ++i) {
    if (lock.try_lock()) return;
    pause_briefly();
  }
  lock.lock();
}

int initial_threads() {
  const int wanted = settings().threads;
  const int count = wanted > 0 ? wanted : available_cpus();
  return std::min(count, ThreadPool::kMaxThreads);
}

// Regions to pass before a thread is asked for again that the system did not give: asking costs microseconds.
constexpr int kRegionsBeforeRetry = 256;

// Environments come and go, and the last one to leave would have this code unmapped under parked workers.
void pin_module() {
#if defined(_WIN32)
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_PIN,
                     reinterpret_cast<LPCWSTR>(&pin_module), &module);
#else
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&pin_module), &info) != 0 && info.dli_fname != nullptr) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE | RTLD_NOLOAD);
  }
#endif
}

struct Region {
  Region(int64_t count, void (*part)(const void*, int64_t), const void* body)
      : count(count), part(part), body(body) {}
  const int64_t count;
  void (*const part)(const void*, int64_t);
  const void* const body;
  std::atomic<int64_t> next{0};
  // Threads inside of this region, its caller included; guarded by the pool's mutex.
  int participants = 0;
  // Its neighbours in the pool's list, which lies in the regions themselves: a list that allocates could
  // fail.
  Region* before = nullptr;
  Region* after = nullptr;

  bool exhausted() const { return next.load(std::memory_order_relaxed) >= count; }
  void work() {
    inside_part = true;
    for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) part(body, i);
    inside_part = false;
  }
};

}  // namespace

struct ThreadPool::Impl {
  std::mutex mutex;
  std::condition_variable work_ready, turn_ready, region_left;
  Region* first = nullptr;  // regions that threads may join, oldest first
  Region* last = nullptr;
  int limit = 1;     // threads that may compute at once
  int active = 0;    // threads that do
  int workers = 0;   // threads ever started
  int retry_in = 0;  // regions until threads that could not be had are asked for again
  uint64_t waiting_callers = 0;
  std::atomic<uint64_t> epoch{0};  // grows with each new region or turn: what spinning workers watch

  Region* find() {
    for (Region* region = first; region != nullptr; region = region->after) {
      if (!region->exhausted()) return region;
    }
    return nullptr;
  }

  void publish(Region* region) {
    region->before = last;
    (last == nullptr ? first : last->after) = region;
    last = region;
  }

  void withdraw(Region* region) {
    (region->before == nullptr ? first : region->before->after) = region->after;
    (region->after == nullptr ? last : region->after->before) = region->before;
  }

  // Waits until ready(): a short spin without the lock, then the condition variable.
  template <typename Ready>
  void spin_then_wait(std::unique_lock<std::mutex>& lock, std::condition_variable& signal,
                      const Ready& ready) {
    if (ready()) return;
    const uint64_t seen = epoch.load(std::memory_order_acquire);
    lock.unlock();
    for (int i = 0; i < kSpins && epoch.load(std::memory_order_acquire) == seen; ++i) pause_briefly();
    lock_awake(lock);
    signal.wait(lock, ready);
  }

  void leave(Region* region) {
    --active;
    --region->participants;
    epoch.fetch_add(1, std::memory_order_release);
    if (region->participants == 0) region_left.notify_all();
    if (waiting_callers > 0) {
      turn_ready.notify_all();
    } else if (find() != nullptr) {
      work_ready.notify_one();
    }
  }

  void worker() {
    yield_priority();
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      Region* region = nullptr;
      spin_then_wait(lock, work_ready, [&] {
        region = active < limit && waiting_callers == 0 ? find() : nullptr;
        return region != nullptr;
      });
      ++active;
      ++region->participants;
      lock.unlock();
      region->work();
      lock_awake(lock);
      leave(region);
    }
  }

  // Where the system gives fewer threads than wanted, those that are there do the work, with the caller.
  void start_workers() {
    if (workers >= limit - 1 || --retry_in > 0) return;
    while (workers < limit - 1) {
      if (!start_thread([](void* pool) { static_cast<Impl*>(pool)->worker(); }, this)) {
        retry_in = kRegionsBeforeRetry;
        return;
      }
      ++workers;
    }
    retry_in = 0;
  }
};

ThreadPool::ThreadPool() : impl_(new Impl) {
  pin_module();
  impl_->limit = initial_threads();
}

ThreadPool& ThreadPool::instance() {
  static ThreadPool* pool = new ThreadPool;
  return *pool;
}

int ThreadPool::workers() const {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->workers;
}

int ThreadPool::threads() const {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->limit;
}

void ThreadPool::set_threads(int n) {
  std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->limit = std::max(1, std::min(n, kMaxThreads));
  impl_->turn_ready.notify_all();
}

void ThreadPool::run_erased(int64_t count, Part part, const void* body) {
  if (count <= 0) return;
  if (inside_part) {
    for (int64_t i = 0; i < count; ++i) part(body, i);
    return;
  }
  Impl& pool = *impl_;
  Region region(count, part, body);
  std::unique_lock<std::mutex> lock(pool.mutex, std::defer_lock);
  lock_awake(lock);
  ++pool.waiting_callers;
  pool.turn_ready.wait(lock, [&] { return pool.active < pool.limit; });
  --pool.waiting_callers;
  ++pool.active;
  ++region.participants;
  if (pool.waiting_callers == 0 && pool.active < pool.limit && pool.find() != nullptr) {
    pool.work_ready.notify_one();
  }
  const bool shared = count > 1 && pool.limit > 1;
  if (shared) {
    pool.start_workers();
    pool.publish(&region);
    pool.epoch.fetch_add(1, std::memory_order_release);
    if (count > 2) {
      pool.work_ready.notify_all();
    } else {
      pool.work_ready.notify_one();
    }
  }
  lock.unlock();
  region.work();
  lock_awake(lock);
  if (shared) pool.withdraw(&region);
  pool.leave(&region);
  pool.spin_then_wait(lock, pool.region_left, [&] { return region.participants == 0; });
}

}  // namespace sa
