#include "binding/async_job.h"

#include <algorithm>
#include <vector>

#include "dispatch/dispatch.h"

namespace sa {

namespace {

// Copies of their arrays that waiting jobs may hold in all. A call beyond it runs at once on the calling
// thread: a loop that starts jobs without ever waiting for one would fill the memory instead.
constexpr size_t kMostWaitingBytes = size_t{512} << 20;

// Never destroyed: jobs may complete while static objects are destroyed.
struct Registry {
  std::mutex mutex;
  std::vector<std::pair<napi_env, std::shared_ptr<JobEnvironment>>> environments;
};

Registry& registry() {
  static Registry* instance = new Registry;
  return *instance;
}

}  // namespace

std::shared_ptr<JobEnvironment> JobEnvironment::of(napi_env env) {
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (const auto& entry : all.environments) {
    if (entry.first == env) return entry.second;
  }
  auto made = std::make_shared<JobEnvironment>();
  napi_value name = nullptr;
  made->env_ = env;
  if (napi_create_string_utf8(env, "synthetic-attention", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, made.get(),
                                      call_js, &made->wake_) != napi_ok) {
    return nullptr;
  }
  napi_unref_threadsafe_function(env, made->wake_);
  all.environments.emplace_back(env, made);
  // Hooks run in the reverse order: this one before that of the function, which no job may call after its
  // end.
  napi_add_env_cleanup_hook(env, tear_down, made.get());
  return made;
}

void JobEnvironment::begin(napi_env env) {
  if (pending_++ == 0) napi_ref_threadsafe_function(env, wake_);
  const std::lock_guard<std::mutex> lock(mutex_);
  ++running_;
}

void JobEnvironment::end(napi_env env) {
  if (--pending_ == 0) napi_unref_threadsafe_function(env, wake_);
}

void JobEnvironment::completed(AsyncJob* job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  completed_.push_back(job);
  --running_;
  if (closing_) {
    done_.notify_all();
  } else {
    napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  }
}

AsyncJob* JobEnvironment::next_completed() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (completed_.empty()) return nullptr;
  AsyncJob* job = completed_.front();
  completed_.pop_front();
  return job;
}

void JobEnvironment::call_js(napi_env env, napi_value, void* self, void*) {
  // Without an environment the function is being emptied at its end: tear_down has been here before.
  if (env == nullptr) return;
  JobEnvironment* environment = static_cast<JobEnvironment*>(self);
  while (AsyncJob* job = environment->next_completed()) {
    environment->end(env);
    napi_handle_scope scope = nullptr;
    napi_open_handle_scope(env, &scope);
    job->settle(env);
    if (scope != nullptr) napi_close_handle_scope(env, scope);
  }
}

void JobEnvironment::tear_down(void* self) {
  JobEnvironment* environment = static_cast<JobEnvironment*>(self);
  const napi_env env = environment->env_;
  {
    const std::lock_guard<std::mutex> lock(environment->mutex_);
    environment->closing_ = true;
  }
  // Every task is an AsyncJob.
  const auto mine = [&](const Task* task) {
    return static_cast<const AsyncJob*>(task)->environment() == environment;
  };
  size_t dropped = 0;
  Background::instance().cancel(mine, [&](Task* task) {
    static_cast<AsyncJob*>(task)->drop(env);
    ++dropped;
  });
  {
    // Running jobs read arrays of this environment.
    std::unique_lock<std::mutex> lock(environment->mutex_);
    environment->running_ -= dropped;
    environment->done_.wait(lock, [&] { return environment->running_ == 0; });
  }
  while (AsyncJob* job = environment->next_completed()) job->drop(env);
  Registry& all = registry();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const auto is_this = [&](const auto& entry) { return entry.second.get() == environment; };
  all.environments.erase(std::remove_if(all.environments.begin(), all.environments.end(), is_this),
                         all.environments.end());
}

napi_value AsyncJob::start(napi_env env, std::unique_ptr<AsyncJob> job) {
  napi_value promise = nullptr;
  if (napi_create_promise(env, &job->deferred_, &promise) != napi_ok) {
    job.release()->drop(env);
    return nullptr;
  }
  AsyncJob* task = job.release();
  if (Mirrors::total_bytes() <= kMostWaitingBytes) task->environment_ = JobEnvironment::of(env);
  if (task->environment_ != nullptr) {
    const std::shared_ptr<JobEnvironment> environment = task->environment_;
    environment->begin(env);
    if (!Background::instance().submit(task)) task->run();
    return promise;
  }
  task->error_ = task->job_->execute(*active_kernels(nullptr));
  task->settle(env);
  return promise;
}

void AsyncJob::run() {
  error_ = job_->execute(*active_kernels(nullptr));
  // The environment's thread may destroy the job before completed() returns.
  const std::shared_ptr<JobEnvironment> environment = environment_;
  environment->completed(this);
}

void AsyncJob::settle(napi_env env) {
  const std::unique_ptr<AsyncJob> end(this);
  const char* reason = reason_of(error_);
  if (error_.empty()) {
    error_ = mirrors_->copy_back(env);
    reason = reason::kBuffer;
  }
  mirrors_->release(env);
  napi_value value = nullptr;
  if (error_.empty()) {
    value = job_->result(Napi::Env(env));
    bool thrown = false;
    if (napi_is_exception_pending(env, &thrown) == napi_ok && !thrown && value != nullptr) {
      napi_resolve_deferred(env, deferred_, value);
      return;
    }
    napi_get_and_clear_last_exception(env, &value);
  } else {
    value = native_error(env, Failure{error_, reason, "", "", ""});
  }
  if (value == nullptr) napi_get_undefined(env, &value);
  if (value != nullptr) napi_reject_deferred(env, deferred_, value);
}

void AsyncJob::drop(napi_env env) {
  const std::unique_ptr<AsyncJob> end(this);
  mirrors_->release(env);
}

Napi::Value run_async(const Napi::CallbackInfo& info, std::unique_ptr<Job> job) {
  const Napi::Env env = info.Env();
  if (require_kernels(env) == nullptr) return env.Undefined();
  auto mirrors = std::make_unique<Mirrors>();
  mirrors->own(env, info[1]);
  Arguments arguments(env, info[0], mirrors.get());
  job->read(arguments);
  if (!arguments.ready()) {
    mirrors->release(env);
    throw_native_error(env, arguments.failure());
    return env.Undefined();
  }
  const napi_value promise =
      AsyncJob::start(env, std::make_unique<AsyncJob>(std::move(job), std::move(mirrors)));
  if (promise != nullptr) return Napi::Value(env, promise);
  throw_native_error(env, "out of memory: a Promise could not be made", reason::kMemory);
  return env.Undefined();
}

}  // namespace sa
