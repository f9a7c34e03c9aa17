#include "runtime/cpu_count.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

namespace sa {

namespace {

#if defined(__linux__)

constexpr double kUnlimited = 1e9;

double quota_v2(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return kUnlimited;
  const double microseconds = std::atof(quota.c_str());
  return microseconds > 0 ? microseconds / period : kUnlimited;
}

double quota_v1(const std::string& folder) {
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us"), period_file(folder + "/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return kUnlimited;
  return quota / period;
}

// A parent's quota binds its children: walk up to the root of the hierarchy.
double smallest_on_the_way_up(const std::string& root, std::string path,
                              double (*quota)(const std::string&)) {
  double smallest = quota(root);
  while (!path.empty() && path != "/") {
    smallest = std::min(smallest, quota(root + path));
    path.erase(path.find_last_of('/'));
  }
  return smallest;
}

double cgroup_quota() {
  double smallest = kUnlimited;
  std::ifstream membership("/proc/self/cgroup");
  for (std::string line; std::getline(membership, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,") {
      smallest = std::min(smallest, smallest_on_the_way_up("/sys/fs/cgroup", path, quota_v2));
    } else if (controllers.find(",cpu,") != std::string::npos) {
      smallest = std::min(smallest, smallest_on_the_way_up("/sys/fs/cgroup/cpu", path, quota_v1));
    }
  }
  return smallest;
}

#endif

}  // namespace

int available_cpus() {
  int count = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) count = CPU_COUNT(&set);
  const double quota = cgroup_quota();
  // Rounded up: a quota of 1.5 keeps two threads busy three quarters of the time.
  if (quota < count) count = static_cast<int>(std::ceil(quota));
#endif
  return std::max(1, count);
}

}  // namespace sa
