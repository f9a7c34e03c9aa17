#include "runtime/settings.h"

#include <cstdlib>

#include "runtime/thread_pool.h"

namespace sa {

namespace {

constexpr int kLargestNice = 19;

// Decimal digits alone: no sign, no space, nothing behind them.
bool parse(const char* text, int low, int high, int* value) {
  if (*text == '\0') return false;
  int number = 0;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9') return false;
    number = number * 10 + (*text - '0');
    if (number > high) return false;
  }
  if (number < low) return false;
  *value = number;
  return true;
}

void read(const char* name, int low, int high, int* value, std::string* error) {
  const char* text = std::getenv(name);
  if (text == nullptr || parse(text, low, high, value) || !error->empty()) return;
  *error = std::string(name) + ": expected an integer from " + std::to_string(low) + " to " +
           std::to_string(high) + " but received \"" + std::string(text).substr(0, 60) + "\"";
}

Settings read_environment() {
  Settings settings;
  read("SYNTHETIC_ATTENTION_THREADS", 1, ThreadPool::kMaxThreads, &settings.threads, &settings.error);
  read("SYNTHETIC_ATTENTION_NICE", 0, kLargestNice, &settings.nice_increment, &settings.error);
  return settings;
}

}  // namespace

const Settings& settings() {
  static const Settings* const instance = new Settings(read_environment());
  return *instance;
}

}  // namespace sa
