// Failures on demand, for tests of what happens when the system has no more memory or threads. Only builds
// with SA_TEST_FAULTS have them (test/native/CMakeLists.txt): elsewhere should_fail() is the constant false.
#pragma once

#if defined(SA_TEST_FAULTS)
#include <atomic>
#endif

namespace sa {

enum class Resource { kMemory, kThread };

#if defined(SA_TEST_FAULTS)

// The number of requests that still succeed before all later ones fail; negative: none ever fails.
inline std::atomic<long> requests_left[2] = {{-1}, {-1}};

inline void fail_after(Resource resource, long requests) {
  requests_left[static_cast<int>(resource)] = requests;
}

inline bool should_fail(Resource resource) {
  std::atomic<long>& left = requests_left[static_cast<int>(resource)];
  for (long now = left; now >= 0;) {
    if (now == 0) return true;
    if (left.compare_exchange_weak(now, now - 1)) return false;
  }
  return false;
}

#else

constexpr bool should_fail(Resource) { return false; }

#endif

}  // namespace sa
