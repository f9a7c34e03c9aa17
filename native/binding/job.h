// One shape for every native operation: read (checks all), execute (no engine calls, any thread), result. The
// same class serves the synchronous and the asynchronous export.
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
  // Touches no array: pointers into them hold only when Arguments::ready() says so afterwards.
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

inline constexpr const char* kOutOfMemory = "out of memory: the operation's workspace could not be allocated";
inline std::string succeeded(bool ok) { return ok ? std::string() : std::string(kOutOfMemory); }

// The kernels in use, or null with a pending exception that says why there are none: a wrong environment
// variable.
const KernelSet* require_kernels(Napi::Env env);

// An Error with code ERR_NATIVE and one of the reasons of arguments.h. The error of a wrong argument also has
// the fields `argument`, `expected` and `received`, as far as they are known.
void throw_native_error(Napi::Env env, const Failure& failure);
void throw_native_error(Napi::Env env, const std::string& message, const char* reason = reason::kArgument);
// The same, not thrown; null when the engine cannot make one.
napi_value native_error(napi_env env, const Failure& failure);
// The reason of what execute() returned.
const char* reason_of(const std::string& failure);

// Runs the job at once; returns its result, or throws.
Napi::Value run_sync(const Napi::CallbackInfo& info, Job* job);
// Takes the job; returns a Promise, or throws when its arguments are wrong. The second argument of the call
// lists arrays that nobody but this package can reach (mirrors.h).
Napi::Value run_async(const Napi::CallbackInfo& info, std::unique_ptr<Job> job);

template <typename T>
Napi::Value call_sync(const Napi::CallbackInfo& info) {
  T job;
  return run_sync(info, &job);
}

template <typename T>
Napi::Value call_async(const Napi::CallbackInfo& info) {
  return run_async(info, std::unique_ptr<Job>(new T));
}

}  // namespace sa
