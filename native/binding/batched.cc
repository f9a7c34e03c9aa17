// Several operations as one: each thread carries some sequences of a batch through all of them, as
// programs do. Between operations there is nothing to wait for, and what one writes is still near when the
// next reads it.
#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "binding/operations.h"
#include "runtime/thread_pool.h"

namespace sa {

namespace {

// Rows that a part should have at least: fewer would read the weights too often.
constexpr int64_t kPartRows = 128;
// Most by which the parts of the busiest thread may exceed an equal share, in percent; beyond it each
// operation is spread over the threads instead.
constexpr int64_t kLargestExcess = 15;

using MakeJob = std::unique_ptr<Job> (*)();

MakeJob maker(const std::string& name) {
  if (name == "matmul") return make_matmul_job;
  if (name == "attention") return make_attention_job;
  if (name == "layerNorm") return make_layer_norm_job;
  return name == "gate" ? make_gate_job : nullptr;
}

class BatchedJob : public Job {
 public:
  void read(Arguments& arguments) override {
    constexpr uint32_t kMostOperations = 256;
    batch_ = arguments.size("batch");
    const Napi::Value list = arguments.get("operations");
    const uint32_t count = list.IsArray() ? list.As<Napi::Array>().Length() : 0;
    if (count < 1 || count > kMostOperations) {
      arguments.fail("operations", "an array of 1 to " + std::to_string(kMostOperations) + " operations",
                     list.IsArray() ? std::to_string(count) : describe_value(list));
      return;
    }
    for (uint32_t i = 0; i < count && !arguments.failed(); ++i) {
      const Arguments::Scope entry(arguments, list.As<Napi::Array>().Get(i));
      const std::string name = arguments.text("name");
      const MakeJob make = maker(name);
      if (make == nullptr) {
        arguments.fail("name", "matmul, attention, layerNorm or gate", "\"" + name + "\"");
        return;
      }
      jobs_.push_back(make());
      const Arguments::Scope options(arguments, arguments.get("options"));
      jobs_.back()->read(arguments);
      arguments.next_operation();
    }
  }

  std::string execute(const KernelSet& kernels) override {
    const int64_t parts = parts_of(ThreadPool::instance().threads());
    if (parts == 0) return one_by_one(kernels);
    std::mutex mutex;
    std::string error;
    ThreadPool::instance().run(parts, [&](int64_t part) {
      const int64_t begin = batch_ * part / parts, end = batch_ * (part + 1) / parts;
      for (const std::unique_ptr<Job>& job : jobs_) {
        const std::string failure = job->execute_part(kernels, batch_, begin, end);
        if (failure.empty()) continue;
        const std::lock_guard<std::mutex> lock(mutex);
        error = failure;
        return;
      }
    });
    return error;
  }

 private:
  std::string one_by_one(const KernelSet& kernels) {
    for (const std::unique_ptr<Job>& job : jobs_) {
      const std::string failure = job->execute(kernels);
      if (!failure.empty()) return failure;
    }
    return "";
  }

  // Parts that keep all threads busy, or 0 where there are none.
  int64_t parts_of(int64_t threads) const {
    if (threads < 2 || batch_ < threads) return 0;
    int64_t rows = 0;
    for (const std::unique_ptr<Job>& job : jobs_) {
      const int64_t each = job->rows_each(batch_);
      if (each == 0) return 0;
      rows = rows == 0 ? each : std::min(rows, each);
    }
    const int64_t together = (kPartRows + rows - 1) / rows;
    const int64_t parts = batch_ / together / threads * threads;
    return fair(std::max(parts, threads), threads);
  }

  // Sequences are whole, so the largest part may be larger than the others.
  int64_t fair(int64_t parts, int64_t threads) const {
    const int64_t largest = (batch_ + parts - 1) / parts * (parts / threads);
    return largest * threads * 100 <= batch_ * (100 + kLargestExcess) ? parts : 0;
  }

  int64_t batch_ = 0;
  std::vector<std::unique_ptr<Job>> jobs_;
};

}  // namespace

void export_batched(Napi::Env env, Napi::Object exports) { export_job<BatchedJob>(env, exports, "batched"); }

}  // namespace sa
