// Where asynchronous work runs: threads of a lower priority than the rest of the process. When every core
// computes, the event loop's thread must get one as soon as it wakes, and the kernel's scheduler gives it
// that only if it outranks the threads that compute. SYNTHETIC_ATTENTION_NICE is the increment, 5 by default;
// 0 turns it off.
#pragma once

namespace sa {

// For a thread that computes: lowers its priority, for good (raising it again needs privileges).
void yield_priority();

// Runs task() on such a thread and returns when it has ended; the calling thread only waits.
template <typename Task>
void run_in_background(const Task& task);

namespace detail {
void run_in_background(void (*call)(const void*), const void* task);
}

template <typename Task>
void run_in_background(const Task& task) {
  detail::run_in_background([](const void* t) { (*static_cast<const Task*>(t))(); }, &task);
}

}  // namespace sa
