// Times kernels through the thread pool. One line a case; --json FILE writes the same as a list of objects.
//   kernels [--filter TEXT] [--json FILE] [--samples N]
// Tier and threads come from SYNTHETIC_ATTENTION_ISA and SYNTHETIC_ATTENTION_THREADS, as in the package.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "bench.h"
#include "dispatch/dispatch.h"
#include "runtime/thread_pool.h"

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Summary {
  double median, low, high;
};
Summary summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}

struct Options {
  std::string filter, json;
  int samples = 15;
};

struct Result {
  bench::Case measured;
  double error = 0;
  Summary rate = {}, milliseconds = {}, peak = {}, ratio = {};
};

constexpr double kSampleSeconds = 0.03;
constexpr double kShortestTimed = 20e-6;

// What the threads of the pool reach together: two cores that share something are not twice one.
double peak_of_all(const char* tier, int threads) {
  std::vector<double> each(static_cast<size_t>(threads));
  sa::ThreadPool::instance().run(
      threads, [&](int64_t part) { each[static_cast<size_t>(part)] = bench::fma_peak(tier); });
  double sum = 0;
  for (double peak : each) sum += peak;
  return sum;
}

double call(const bench::Case& c) {
  if (c.seconds) return c.seconds();
  const double start = now();
  c.run();
  return now() - start;
}

// Seconds a call over `calls` of them: their median, because a thread that has lost its core for a while says
// nothing of the others. Calls too short for the clock are timed together.
double sample(const bench::Case& c, int calls, double once) {
  if (once < kShortestTimed && !c.seconds) {
    const double start = now();
    for (int i = 0; i < calls; ++i) c.run();
    return (now() - start) / calls;
  }
  std::vector<double> each;
  for (int i = 0; i < calls; ++i) each.push_back(call(c));
  return summarize(each).median;
}

Result measure(const bench::Maker& maker, const sa::KernelSet& kernels, int threads, int samples) {
  Result result;
  result.measured = maker.make(kernels);
  const bench::Case& c = result.measured;
  call(c);
  result.error = c.check();
  const double once = std::max(1e-7, call(c));
  const double fit = kSampleSeconds / once;
  const int calls = c.seconds ? 20 : static_cast<int>(std::max(1.0, fit));
  // A case of a second a call is not repeated for half a minute.
  const int repeated = once > 0.2 ? std::min(samples, 3) : samples;
  std::vector<double> rates, times, peaks, ratios;
  for (int i = 0; i < repeated; ++i) {
    const double peak = peak_of_all(kernels.name, threads);
    call(c);
    const double seconds = sample(c, calls, once);
    times.push_back(seconds * 1e3);
    rates.push_back(c.unit == "us" ? seconds * 1e6 : c.work / seconds / 1e9);
    peaks.push_back(peak);
    ratios.push_back(c.bounded ? rates.back() / peak : 0);
  }
  result.rate = summarize(rates);
  result.milliseconds = summarize(times);
  result.peak = summarize(peaks);
  result.ratio = summarize(ratios);
  return result;
}

void print(const bench::Maker& maker, const Result& r) {
  char range[48], share[16] = "";
  std::snprintf(range, sizeof range, "%.2f (%.2f..%.2f)", r.rate.median, r.rate.low, r.rate.high);
  if (r.measured.bounded) std::snprintf(share, sizeof share, "%.1f%%", 100 * r.ratio.median);
  std::printf("%-12s %-22s %26s %-12s %9.4f ms %8s  error %.2f of bound\n", maker.suite.c_str(),
              maker.name.c_str(), range, r.measured.unit.c_str(), r.milliseconds.median, share, r.error);
  std::fflush(stdout);
}

void write_json(std::FILE* file, const bench::Maker& maker, const Result& r, const char* tier, int threads,
                bool first) {
  std::fprintf(
      file,
      "%s\n  {\"suite\": \"%s\", \"case\": \"%s\", \"contender\": \"synthetic-attention\", \"tier\": "
      "\"%s\", \"threads\": %d, \"unit\": \"%s\", \"median\": %.6g, \"low\": %.6g, \"high\": %.6g, "
      "\"milliseconds\": %.6g, \"error\": %.4g",
      first ? "" : ",", maker.suite.c_str(), maker.name.c_str(), tier, threads, r.measured.unit.c_str(),
      r.rate.median, r.rate.low, r.rate.high, r.milliseconds.median, r.error);
  if (r.measured.bounded) {
    std::fprintf(file, ", \"peak\": %.6g, \"ofPeak\": %.4g", r.peak.median, r.ratio.median);
  }
  std::fprintf(file, "}");
}

bool read_options(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; i += 2) {
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (value == nullptr) {
      std::fprintf(stderr, "kernels: expected a value after %s but received none\n", argv[i]);
      return false;
    }
    if (std::strcmp(argv[i], "--filter") == 0) {
      options->filter = value;
    } else if (std::strcmp(argv[i], "--json") == 0) {
      options->json = value;
    } else if (std::strcmp(argv[i], "--samples") == 0 && std::atoi(value) > 0) {
      options->samples = std::atoi(value);
    } else {
      std::fprintf(stderr, "kernels: expected --filter, --json or --samples N but received %s %s\n", argv[i],
                   value);
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, &options)) return 2;
  std::string error;
  const sa::KernelSet* kernels = sa::active_kernels(&error);
  if (kernels == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 2;
  }
  const int threads = sa::ThreadPool::instance().threads();
  std::printf("tier %s, %d thread(s), multiply-add peak %.1f GFLOP/s\n", kernels->name, threads,
              peak_of_all(kernels->name, threads));
  bench::Makers makers;
  bench::add_matmul(makers);
  bench::add_int8(makers);
  bench::add_rows(makers);
  bench::add_attention(makers);
  bench::add_pool(makers);
  std::FILE* json = options.json.empty() ? nullptr : std::fopen(options.json.c_str(), "w");
  if (!options.json.empty() && json == nullptr) {
    std::fprintf(stderr, "kernels: expected a writable file but received %s\n", options.json.c_str());
    return 2;
  }
  if (json != nullptr) std::fprintf(json, "[");
  bool first = true, right = true;
  for (const bench::Maker& maker : makers) {
    if ((maker.suite + " " + maker.name).find(options.filter) == std::string::npos) continue;
    const Result result = measure(maker, *kernels, threads, options.samples);
    print(maker, result);
    if (json != nullptr) write_json(json, maker, result, kernels->name, threads, first);
    first = false;
    if (!(result.error <= 1)) {
      std::fprintf(stderr, "%s %s: expected an error within its bound but received %g times the bound\n",
                   maker.suite.c_str(), maker.name.c_str(), result.error);
      right = false;
    }
  }
  if (json != nullptr) {
    std::fprintf(json, "\n]\n");
    std::fclose(json);
  }
  return right ? 0 : 1;
}
