#include "runtime/thread.h"

#include <new>

#include "runtime/fault.h"

#if defined(_WIN32)
#define NOMINMAX
#include <process.h>
#include <windows.h>
#else
#include <pthread.h>
#endif

namespace sa {

namespace {

// The same on every system: musl gives 128 KiB, glibc the 8 MiB of `ulimit -s`, which count against `ulimit
// -v`. Kernels keep their blocks in workspaces, not on the stack.
constexpr unsigned kStackBytes = 2u << 20;

struct Start {
  void (*body)(void*);
  void* argument;
};

#if defined(_WIN32)
unsigned __stdcall enter(void* start) {
#else
void* enter(void* start) {
#endif
  const Start copy = *static_cast<Start*>(start);
  delete static_cast<Start*>(start);
  copy.body(copy.argument);
  return {};
}

#if defined(_WIN32)

bool create(Start* start) {
  const uintptr_t thread =
      _beginthreadex(nullptr, kStackBytes, enter, start, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == 0) return false;
  CloseHandle(reinterpret_cast<HANDLE>(thread));
  return true;
}

#else

bool create(Start* start) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_t thread;
  const bool created = pthread_attr_setstacksize(&attributes, kStackBytes) == 0 &&
                       pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                       pthread_create(&thread, &attributes, enter, start) == 0;
  pthread_attr_destroy(&attributes);
  return created;
}

#endif

}  // namespace

bool start_thread(void (*body)(void*), void* argument) {
  if (should_fail(Resource::kThread)) return false;
  Start* start = new (std::nothrow) Start{body, argument};
  if (start == nullptr) return false;
  if (create(start)) return true;
  delete start;
  return false;
}

}  // namespace sa
