// What happens when the system gives no more memory or threads: every operation says so or gives the right
// numbers, whichever request is the first to fail.
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <vector>

#include "dispatch/dispatch.h"
#include "schedule/run.h"
#include "runtime/background.h"
#include "runtime/buffer.h"
#include "runtime/fault.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

std::vector<float> numbers(size_t count, float first) {
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = first + static_cast<float>(i % 17) / 8.0f;
  return out;
}

struct CountingTask : sa::Task {
  std::mutex mutex;
  std::condition_variable ended;
  int runs = 0;
  void run() override {
    const std::lock_guard<std::mutex> lock(mutex);
    ++runs;
    ended.notify_all();
  }
};

// With no thread at all, with one, and with all that were wanted.
void threads() {
  sa::ThreadPool& pool = sa::ThreadPool::instance();
  pool.set_threads(8);
  sa::fail_after(sa::Resource::kThread, 0);
  CountingTask refused;
  expect(!sa::Background::instance().submit(&refused), "submit says that there is no thread");
  expect(refused.runs == 0, "a task that was refused does not run");
  for (const long given : {0L, 1L, -1L}) {
    sa::fail_after(sa::Resource::kThread, given);
    // More regions than pass before threads are asked for again.
    for (int round = 0; round < 600; ++round) {
      std::atomic<int> parts{0};
      pool.run(16, [&](int64_t) { ++parts; });
      expect(parts == 16, "every part of a region runs once");
    }
    const int expected = given < 0 ? 7 : given > 0 ? 1 : 0;
    expect(pool.workers() == expected, "the pool has the threads that could be made");
  }
  CountingTask task;
  expect(sa::Background::instance().submit(&task), "submit finds a thread again");
  std::unique_lock<std::mutex> lock(task.mutex);
  task.ended.wait(lock, [&] { return task.runs == 1; });
  sa::fail_after(sa::Resource::kThread, 0);
  lock.unlock();
  expect(sa::Background::instance().submit(&task), "one thread is enough");
  lock.lock();
  task.ended.wait(lock, [&] { return task.runs == 2; });
  sa::fail_after(sa::Resource::kThread, -1);
}

// `operation` writes `out` and returns whether there was memory enough. Returns whether there once was not:
// workspaces are kept for reuse, so that an operation may find what an earlier one has left.
template <typename Operation>
bool memory(const char* name, std::vector<float>* out, const Operation& operation) {
  bool failed = false, worked = false;
  for (long after = 0; after < 64 && !worked; ++after) {
    sa::fail_after(sa::Resource::kMemory, after);
    std::fill(out->begin(), out->end(), 0.0f);
    worked = operation();
    failed = failed || !worked;
  }
  sa::fail_after(sa::Resource::kMemory, -1);
  expect(worked, name);
  const std::vector<float> last = *out;
  std::fill(out->begin(), out->end(), 0.0f);
  expect(operation() && std::memcmp(out->data(), last.data(), last.size() * sizeof(float)) == 0, name);
  std::printf("%s: %s\n", name, failed ? "failed and said so" : "found memory of earlier operations");
  return failed;
}

void operations(const sa::KernelSet& kernels) {
  constexpr int64_t kSize = 700;
  const std::vector<float> a = numbers(kSize * kSize, -1.0f), b = numbers(kSize * kSize, 0.5f);
  std::vector<float> out(kSize * kSize);
  const bool failed = memory("matmul", &out, [&] {
    sa::Matmul p;
    p.m = p.n = p.k = kSize;
    p.a = {a.data(), kSize, 1};
    p.b = {b.data(), 1, kSize};
    p.c = out.data();
    p.c_stride = kSize;
    return sa::run_matmul(kernels, p);
  });
  expect(failed, "the first operation had to ask for memory");
  memory("attention", &out, [&] {
    sa::Attention p;
    p.batch = p.heads = 1;
    p.queries = p.keys = p.value_columns = kSize;
    p.source_count = 1;
    p.sources[0].kind = sa::ScoreKind::kMatrix;
    p.sources[0].left = a.data();
    p.sources[0].left_strides = {0, 0, kSize};
    p.value = b.data();
    p.value_strides = {0, 0, kSize};
    p.out = out.data();
    p.out_strides = {0, 0, kSize};
    return sa::run_attention(kernels, p);
  });
  memory("reduce", &out, [&] {
    sa::Reduce p;
    p.op = sa::ReduceOp::kSum;
    p.outer = p.inner = 1;
    p.size = p.x_outer = kSize * kSize;
    p.x = a.data();
    p.out = out.data();
    return sa::run_reduce(kernels, p);
  });
  memory("layer_norm_gradient", &out, [&] {
    sa::LayerNormGradientRows p;
    p.rows = p.columns = kSize;
    p.x = a.data();
    p.dy = b.data();
    p.dx = out.data();
    p.epsilon = 1e-5f;
    std::vector<float> dgamma(kSize), dbeta(kSize);
    return sa::run_layer_norm_gradient(kernels, p, dgamma.data(), dbeta.data());
  });
}

void buffers() {
  sa::fail_after(sa::Resource::kMemory, 0);
  sa::Buffer<int> buffer;
  expect(!buffer.allocate(5) && buffer.data() == nullptr && buffer.size() == 0,
         "a buffer without memory is empty");
  sa::AlignedFloats floats;
  expect(!floats.allocate(5) && floats.size() == 0, "floats without memory are empty");
  sa::fail_after(sa::Resource::kMemory, -1);
  expect(!buffer.allocate(SIZE_MAX / 2) && !floats.allocate(SIZE_MAX / 2), "sizes that overflow are refused");
  expect(buffer.allocate(5) && buffer.size() == 5, "afterwards there is memory");
}

}  // namespace

int main() {
  // First, while no workspace is kept for reuse and no thread has been started.
  threads();
  buffers();
  operations(*sa::active_kernels(nullptr));
  std::printf("summary: faults: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
