// Where asynchronous work runs: threads of this library alone, so that those of libuv stay free for files,
// DNS and whatever else needs them. They have a lower priority than the rest of the process: when every core
// computes, the event loop's thread must get one as soon as it wakes, and the kernel's scheduler gives it
// that only if it outranks the threads that compute.
#pragma once

#include <cstddef>

namespace sa {

// For a thread that computes: lowers its priority, for good (raising it again needs privileges).
void yield_priority();

// A piece of work. It belongs to whoever submits it and must live until it has run or was cancelled.
class Task {
 public:
  virtual ~Task() = default;
  // On one of the threads; must not throw. The task may be destroyed as soon as this has told its owner to.
  virtual void run() = 0;

 private:
  friend class Background;
  Task* next_ = nullptr;
};

// One queue a process, first in, first out, and the threads that serve it.
class Background {
 public:
  // Never destroyed: its threads outlive every environment.
  static Background& instance();

  // Queues the task and starts a thread where all are busy, up to a bound: jobs beyond it wait in the queue.
  // False when there is no thread and none can be had; then the caller has to run the task itself.
  bool submit(Task* task);

  // Takes the tasks out of the queue that `mine` accepts, and hands each to `drop`; those that have begun go
  // on.
  template <typename Mine, typename Drop>
  void cancel(const Mine& mine, const Drop& drop) {
    Task* task = take([](const Task* t, const void* m) { return (*static_cast<const Mine*>(m))(t); }, &mine);
    while (task != nullptr) {
      Task* next = task->next_;
      drop(task);
      task = next;
    }
  }

  // Threads started so far.
  int threads() const;
  static int most_threads();

 private:
  struct Impl;
  Background();
  Task* take(bool (*mine)(const Task*, const void*), const void* context);
  Impl* impl_;
};

}  // namespace sa
