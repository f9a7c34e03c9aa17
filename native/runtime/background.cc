#include "runtime/background.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "runtime/settings.h"
#include "runtime/thread.h"
#include "runtime/thread_pool.h"

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sa {

void yield_priority() {
#if defined(__linux__)
  // On Linux niceness belongs to the thread.
  const auto self = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + settings().nice_increment);
#endif
}

struct Background::Impl {
  mutable std::mutex mutex;
  std::condition_variable queued;
  Task* first = nullptr;
  Task* last = nullptr;
  int waiting = 0;  // tasks in the queue
  int idle = 0;
  int threads = 0;

  void push(Task* task) {
    task->next_ = nullptr;
    (first == nullptr ? first : last->next_) = task;
    last = task;
    ++waiting;
  }

  Task* pop() {
    Task* task = first;
    first = task->next_;
    if (first == nullptr) last = nullptr;
    --waiting;
    return task;
  }

  void serve() {
    yield_priority();
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      ++idle;
      queued.wait(lock, [&] { return first != nullptr; });
      --idle;
      Task* task = pop();
      lock.unlock();
      task->run();
      lock.lock();
    }
  }
};

Background::Background() : impl_(new Impl) {}

Background& Background::instance() {
  static Background* instance = new Background;
  return *instance;
}

// A few more than one CPU keeps busy, so that a short job need not wait for a long one: the pool shares the
// CPUs among them.
int Background::most_threads() { return std::max(4, ThreadPool::instance().threads()); }

bool Background::submit(Task* task) {
  // The pool pins the addon's code, which these threads stand in too.
  const int most = most_threads();
  Impl& impl = *impl_;
  {
    const std::lock_guard<std::mutex> lock(impl.mutex);
    if (impl.waiting >= impl.idle && impl.threads < most) {
      const auto serve = [](void* self) { static_cast<Impl*>(self)->serve(); };
      if (start_thread(serve, &impl)) {
        ++impl.threads;
      } else if (impl.threads == 0) {
        return false;
      }
    }
    impl.push(task);
  }
  impl.queued.notify_one();
  return true;
}

Task* Background::take(bool (*mine)(const Task*, const void*), const void* context) {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  Task* kept = impl_->first;
  Task* taken = nullptr;
  impl_->first = impl_->last = nullptr;
  impl_->waiting = 0;
  while (kept != nullptr) {
    Task* task = kept;
    kept = task->next_;
    if (mine(task, context)) {
      task->next_ = taken;
      taken = task;
    } else {
      impl_->push(task);
    }
  }
  return taken;
}

int Background::threads() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->threads;
}

}  // namespace sa
