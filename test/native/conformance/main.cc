// Conformance of every kernel on every tier: random cases against float64 references, within bounds derived
// from the operands. A case has its own seed, made of the run's seed, the operation and the case's number, so
// that one case can be run again alone: --seed N --tier NAME --filter OPERATION --case NUMBER.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "conformance/operations.h"
#include "conformance/tested_tiers.h"

namespace {

struct Options {
  uint64_t seed = 20240607;
  int64_t cases = 30000;  // a tier, over all operations
  int64_t only = -1;
  bool verbose = false;  // how near each operation came to its bounds
  std::string tier, filter;
};

const char kUsage[] =
    "usage: [--seed N] [--cases N] [--tier NAME] [--filter PART_OF_OPERATION] [--case NUMBER] [--verbose "
    "1]\n";
constexpr int64_t kMaxReports = 3;  // an operation and tier

bool parse(int count, char** arguments, Options* options) {
  for (int i = 1; i < count; i += 2) {
    const std::string name = arguments[i];
    if (i + 1 == count) return false;
    const char* value = arguments[i + 1];
    if (name == "--tier") {
      options->tier = value;
    } else if (name == "--filter") {
      options->filter = value;
    } else {
      char* end = nullptr;
      const unsigned long long number = std::strtoull(value, &end, 10);
      if (end == value || *end != '\0') return false;
      if (name == "--seed") {
        options->seed = number;
      } else if (name == "--cases") {
        options->cases = static_cast<int64_t>(number);
      } else if (name == "--case") {
        options->only = static_cast<int64_t>(number);
      } else if (name == "--verbose") {
        options->verbose = number != 0;
      } else {
        return false;
      }
    }
  }
  return true;
}

uint64_t case_seed(uint64_t seed, const char* operation, int64_t number) {
  uint64_t hash = 14695981039346656037u ^ seed;  // FNV-1a
  for (const char* p = operation; *p != '\0'; ++p) {
    hash = (hash ^ static_cast<unsigned char>(*p)) * 1099511628211u;
  }
  return sa_test::Random(hash + static_cast<uint64_t>(number) * 0x9E3779B97F4A7C15u).next();
}

void report(const std::string& tier, const char* operation, int64_t number, uint64_t seed,
            const sa_test::Case& c) {
  const sa_test::Failure& f = c.worst();
  std::printf("FAILED tier %s, %s, case %" PRId64 ", seed %" PRIu64 ": %s\n", tier.c_str(), operation, number,
              seed, c.shape());
  std::printf("  %s, element %" PRId64 ": expected %.9g within %.3g but received %.9g (%.3g times the bound)",
              f.what, f.element, f.expected, f.bound, f.received, f.ratio);
  std::printf("; %" PRId64 " of %" PRId64 " comparisons failed\n", c.failures(), c.compared());
  std::printf("  again: --seed %" PRIu64 " --tier '%s' --filter %s --case %" PRId64 "\n", seed, tier.c_str(),
              operation, number);
}

struct Count {
  int64_t cases = 0, failed = 0, compared = 0;
};

void run_operation(const sa_test::TestedTier& tier, const sa_test::Operation& operation,
                   const Options& options, Count* count) {
  int64_t cases = operation.share == 0 ? 1 : options.cases * operation.share / 1000;
  if (cases == 0) cases = 1;
  int64_t reports = 0;
  double closest = 0;
  for (int64_t number = 0; number < cases; ++number) {
    if (options.only >= 0 && number != options.only) continue;
    sa_test::Case c(*tier.kernels, case_seed(options.seed, operation.name, number), options.cases);
    operation.check(c);
    ++count->cases;
    count->compared += c.compared();
    closest = std::max(closest, c.closest());
    if (c.failures() == 0) continue;
    ++count->failed;
    if (++reports <= kMaxReports) report(tier.name, operation.name, number, options.seed, c);
  }
  if (options.verbose) {
    std::printf("tier %s, %s: at most %.3f times the bound\n", tier.name.c_str(), operation.name, closest);
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  Options options;
  if (!parse(argument_count, arguments, &options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  Count total;
  std::string ran;
  for (const sa_test::TestedTier& tier : sa_test::tested_tiers()) {
    if (!options.tier.empty() && options.tier != tier.name) continue;
    if (tier.kernels == nullptr) {
      std::printf("tier %s: skipped, %s\n", tier.name.c_str(), tier.skipped.c_str());
      continue;
    }
    Count count;
    for (const sa_test::Operation& operation : sa_test::kOperations) {
      const std::string name = operation.name;
      const bool exact = options.only >= 0 && name != options.filter;
      if (name.find(options.filter) == std::string::npos || exact) continue;
      if (name.find(tier.operations) == std::string::npos) continue;
      run_operation(tier, operation, options, &count);
    }
    std::printf("tier %s: %" PRId64 " cases, %" PRId64 " comparisons, %" PRId64 " failed\n",
                tier.name.c_str(), count.cases, count.compared, count.failed);
    ran += (ran.empty() ? "" : ", ") + tier.name + " (int8 by " + tier.kernels->int8_method + ")";
    total.cases += count.cases;
    total.failed += count.failed;
  }
  const char* program = std::strrchr(arguments[0], '/');
  std::printf("summary: %s: %" PRId64 " cases on %s, seed %" PRIu64 ", %" PRId64 " failed\n",
              program == nullptr ? arguments[0] : program + 1, total.cases,
              ran.empty() ? "no tier" : ran.c_str(), options.seed, total.failed);
  if (total.cases == 0) {
    std::fprintf(stderr, "expected a case to run but none matches; %s", kUsage);
    return 2;
  }
  return total.failed == 0 ? 0 : 1;
}
