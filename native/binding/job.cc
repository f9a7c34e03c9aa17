#include "binding/job.h"

#include <utility>

#include "dispatch/dispatch.h"
#include "runtime/background.h"
#include "runtime/thread_pool.h"

namespace sa {

namespace {

// libuv's thread only waits: at the end of an environment Node waits for such work, so that a terminated
// worker never frees arrays under a running job. The arithmetic runs in the background, shared with the pool.
class AsyncJob : public Napi::AsyncWorker {
 public:
  AsyncJob(Napi::Env env, std::unique_ptr<Job> job, const Arguments& arguments)
      : Napi::AsyncWorker(env, "synthetic-attention"),
        deferred_(Napi::Promise::Deferred::New(env)),
        job_(std::move(job)) {
    const Napi::Array held = Napi::Array::New(env, arguments.held().size());
    for (size_t i = 0; i < arguments.held().size(); ++i)
      held.Set(static_cast<uint32_t>(i), arguments.held()[i]);
    held_ = Napi::Persistent(held.As<Napi::Object>());
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    // The pool pins the addon's code, which background threads stand in too.
    ThreadPool::instance();
    run_in_background([this] { error_ = job_->execute(*active_kernels(nullptr)); });
    if (!error_.empty()) SetError(error_);
  }
  void OnOK() override { deferred_.Resolve(job_->result(Env())); }
  void OnError(const Napi::Error&) override { deferred_.Reject(native_error(Env(), error_).Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Job> job_;
  Napi::ObjectReference held_;
  std::string error_;
};

}  // namespace

Napi::Error native_error(Napi::Env env, const std::string& message) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, "ERR_NATIVE"));
  return error;
}

void throw_native_error(Napi::Env env, const std::string& message) {
  // A getter of the caller's options may have thrown already; its exception goes first.
  if (!env.IsExceptionPending()) native_error(env, message).ThrowAsJavaScriptException();
}

const KernelSet* require_kernels(Napi::Env env) {
  std::string error;
  const KernelSet* kernels = active_kernels(&error);
  if (kernels == nullptr) throw_native_error(env, error);
  return kernels;
}

Napi::Value run_async(Napi::Env env, std::unique_ptr<Job> job, const Arguments& arguments) {
  if (arguments.failed()) {
    throw_native_error(env, arguments.error());
    return env.Undefined();
  }
  AsyncJob* work = new AsyncJob(env, std::move(job), arguments);
  const Napi::Promise promise = work->promise();
  work->Queue();
  return promise;
}

}  // namespace sa
