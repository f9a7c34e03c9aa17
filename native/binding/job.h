// One shape for every native operation: read (checks all, holds the arrays), execute (no engine calls, any
// thread), result. The same class serves the synchronous and the asynchronous export.
#pragma once

#include "binding/node_api.h"

#include <memory>
#include <string>

#include "binding/arguments.h"
#include "dispatch/kernel_set.h"

namespace sa {

class Job {
 public:
  virtual ~Job() = default;
  virtual void read(Arguments& arguments) = 0;
  // Empty on success.
  virtual std::string execute(const KernelSet& kernels) = 0;
  // Rows that each of `batch` sequences has in this operation; 0 when it does not fall apart into sequences
  // that know nothing of each other.
  virtual int64_t rows_each(int64_t /*batch*/) const { return 0; }
  // The sequences [begin, end) of `batch`, for operations that fall apart into them.
  virtual std::string execute_part(const KernelSet& kernels, int64_t /*batch*/, int64_t /*begin*/,
                                   int64_t /*end*/) {
    return execute(kernels);
  }
  virtual Napi::Value result(Napi::Env env) { return env.Undefined(); }
};

inline constexpr const char* kOutOfMemory =
    "workspace: expected enough memory for this operation but received none from the system";
inline std::string succeeded(bool ok) { return ok ? std::string() : std::string(kOutOfMemory); }

// The kernels in use, or null with a pending exception that says why there are none.
const KernelSet* require_kernels(Napi::Env env);
void throw_native_error(Napi::Env env, const std::string& message);
Napi::Error native_error(Napi::Env env, const std::string& message);

// Takes the job; returns a Promise, or throws when reading its arguments had failed.
Napi::Value run_async(Napi::Env env, std::unique_ptr<Job> job, const Arguments& arguments);

template <typename T>
Napi::Value call_sync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const KernelSet* kernels = require_kernels(env);
  if (kernels == nullptr) return env.Undefined();
  T job;
  Arguments arguments(env, info[0]);
  job.read(arguments);
  if (arguments.failed()) {
    throw_native_error(env, arguments.error());
    return env.Undefined();
  }
  const std::string error = job.execute(*kernels);
  if (!error.empty()) {
    throw_native_error(env, error);
    return env.Undefined();
  }
  return job.result(env);
}

template <typename T>
Napi::Value call_async(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (require_kernels(env) == nullptr) return env.Undefined();
  std::unique_ptr<Job> job(new T);
  Arguments arguments(env, info[0]);
  job->read(arguments);
  return run_async(env, std::move(job), arguments);
}

}  // namespace sa
