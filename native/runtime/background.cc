#include "runtime/background.h"

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace sa {

namespace {

constexpr int kDefaultIncrement = 5;

struct Request {
  void (*call)(const void*);
  const void* task;
  bool done = false;
};

// Never destroyed: its threads outlive static destructors. As many threads as callers wait at once, which the
// size of Node's own thread pool bounds.
struct Threads {
  std::mutex mutex;
  std::condition_variable requested, ended;
  std::deque<Request*> queue;
  int idle = 0;

  void serve() {
    yield_priority();
    std::unique_lock<std::mutex> lock(mutex);
    for (;;) {
      ++idle;
      requested.wait(lock, [&] { return !queue.empty(); });
      --idle;
      Request* request = queue.front();
      queue.pop_front();
      lock.unlock();
      request->call(request->task);
      lock.lock();
      request->done = true;
      ended.notify_all();
    }
  }
};

Threads& threads() {
  static Threads* instance = new Threads;
  return *instance;
}

}  // namespace

void yield_priority() {
#if defined(__linux__)
  // On Linux niceness belongs to the thread.
  const char* text = std::getenv("SYNTHETIC_ATTENTION_NICE");
  const int increment = text == nullptr ? kDefaultIncrement : std::max(0, std::min(19, std::atoi(text)));
  const auto self = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, self, getpriority(PRIO_PROCESS, self) + increment);
#endif
}

void detail::run_in_background(void (*call)(const void*), const void* task) {
  Threads& t = threads();
  Request request{call, task};
  std::unique_lock<std::mutex> lock(t.mutex);
  t.queue.push_back(&request);
  if (static_cast<int>(t.queue.size()) > t.idle) std::thread([&t] { t.serve(); }).detach();
  t.requested.notify_one();
  t.ended.wait(lock, [&] { return request.done; });
}

}  // namespace sa
