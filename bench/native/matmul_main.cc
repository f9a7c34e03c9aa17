// sgemm on one thread, beside the peak of fused multiply-adds measured in the same run, interleaved with it
// so that both see the same machine. Weights are packed once, outside of the timing. Prints one line a shape:
// median and spread over the repetitions.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "dispatch/dispatch.h"
#include "dispatch/run.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"
#include "simd/target.h"

#if defined(SA_X86_64)
#include <immintrin.h>
#endif

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

#if defined(SA_X86_64)
SA_BEGIN_TIER_AVX2
// Twelve chains hide the latency of four cycles at two multiply-adds a cycle; GFLOP/s.
double fma_peak() {
  constexpr int kChains = 12;
  constexpr long kSteps = 2000000;
  __m256 acc[kChains];
  for (int i = 0; i < kChains; ++i) acc[i] = _mm256_set1_ps(static_cast<float>(i));
  const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
  const double start = now();
  for (long step = 0; step < kSteps; ++step) {
    for (int i = 0; i < kChains; ++i) acc[i] = _mm256_fmadd_ps(acc[i], a, b);
  }
  const double seconds = now() - start;
  float sink[8];
  for (int i = 1; i < kChains; ++i) acc[0] = _mm256_add_ps(acc[0], acc[i]);
  _mm256_storeu_ps(sink, acc[0]);
  volatile float keep = sink[0];
  (void)keep;
  return kSteps * kChains * 16.0 / seconds / 1e9;
}
SA_END_TIER
#else
double fma_peak() { return 0; }
#endif

struct Summary {
  double low, median, high;
};
Summary summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values.front(), values[values.size() / 2], values.back()};
}

struct Shape {
  int64_t m, n, k;
};

}  // namespace

int main() {
  const sa::KernelSet* kernels = sa::active_kernels(nullptr);
  if (kernels == nullptr) return 1;
  const int threads = sa::ThreadPool::instance().threads();
  std::printf("tier %s, %d thread(s)\n", kernels->name, threads);
  std::printf("%-18s %-10s %28s %10s %8s\n", "m x n x k", "epilogue", "GFLOP/s median (low..high)", "peak",
              "of peak");
  for (const Shape s : {Shape{1024, 1024, 1024},
                        {512, 384, 384},
                        {512, 1536, 384},
                        {512, 384, 1536},
                        {2048, 3072, 768},
                        {2048, 768, 3072},
                        {32, 384, 384},
                        {18, 1152, 384},
                        {1, 1024, 1024}}) {
    const auto size = [](int64_t n) { return static_cast<size_t>(n); };
    sa::AlignedFloats a, b, c, panels, bias;
    if (!a.allocate(size(s.m * s.k)) || !b.allocate(size(s.k * s.n)) || !c.allocate(size(s.m * s.n)) ||
        !panels.allocate(kernels->packed_size(s.k, s.n)) || !bias.allocate(size(s.n))) {
      return 1;
    }
    for (size_t i = 0; i < a.size(); ++i) a.data()[i] = std::sin(static_cast<float>(i));
    for (size_t i = 0; i < b.size(); ++i) b.data()[i] = std::cos(static_cast<float>(i));
    for (size_t i = 0; i < bias.size(); ++i) bias.data()[i] = 0.1f;
    kernels->pack_panels({b.data(), s.n, 1}, s.k, s.n, panels.data());
    for (const sa::Activation activation : {sa::Activation::kNone, sa::Activation::kGelu}) {
      sa::Matmul p;
      p.m = s.m;
      p.n = s.n;
      p.k = s.k;
      p.a = {a.data(), s.k, 1};
      p.packed_b = panels.data();
      p.c = c.data();
      p.c_stride = s.n;
      p.epilogue.bias = bias.data();
      p.epilogue.activation = activation;
      const double flops =
          2.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
      const int inner = std::max(1, static_cast<int>(1e9 / flops));
      std::vector<double> speeds, peaks, ratios;
      for (int repetition = 0; repetition < 15; ++repetition) {
        const double peak = fma_peak() * threads;
        sa::run_matmul(*kernels, p);
        const double start = now();
        for (int i = 0; i < inner; ++i) sa::run_matmul(*kernels, p);
        const double speed = flops * inner / (now() - start) / 1e9;
        peaks.push_back(peak);
        speeds.push_back(speed);
        ratios.push_back(peak > 0 ? speed / peak : 0);
      }
      const Summary speed = summarize(speeds);
      char shape[32], range[48];
      std::snprintf(shape, sizeof shape, "%ldx%ldx%ld", static_cast<long>(s.m), static_cast<long>(s.n),
                    static_cast<long>(s.k));
      std::snprintf(range, sizeof range, "%.1f (%.1f..%.1f)", speed.median, speed.low, speed.high);
      std::printf("%-18s %-10s %28s %10.1f %7.1f%%\n", shape,
                  activation == sa::Activation::kNone ? "bias" : "bias+gelu", range, summarize(peaks).median,
                  100 * summarize(ratios).median);
    }
  }
  return 0;
}
