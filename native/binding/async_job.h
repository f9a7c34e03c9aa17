// Asynchronous operations: a job runs on a thread of Background and settles its Promise on the event loop of
// the environment that started it. libuv's threads are not used.
//
// An environment that ends drops its jobs that have not begun and waits for those that have.
#pragma once

#include "binding/node_api.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "binding/job.h"
#include "binding/mirrors.h"
#include "runtime/background.h"

namespace sa {

class AsyncJob;

// The jobs of one environment (the main thread's, or a worker's).
class JobEnvironment {
 public:
  // Made by the first asynchronous call of the environment; null when the engine cannot make one.
  static std::shared_ptr<JobEnvironment> of(napi_env env);

  // On the environment's thread: from begin to end a job keeps the event loop alive.
  void begin(napi_env env);
  void end(napi_env env);
  // On the thread that ran the job: the event loop will settle it.
  void completed(AsyncJob* job);

 private:
  static void call_js(napi_env env, napi_value, void* self, void*);
  static void tear_down(void* self);
  AsyncJob* next_completed();

  size_t pending_ = 0;  // begun and not ended; of the environment's thread alone
  napi_env env_ = nullptr;
  napi_threadsafe_function wake_ = nullptr;
  std::mutex mutex_;  // guards what follows
  std::condition_variable done_;
  std::deque<AsyncJob*> completed_;
  size_t running_ = 0;  // begun and not completed
  bool closing_ = false;
};

class AsyncJob final : public Task {
 public:
  AsyncJob(std::unique_ptr<Job> job, std::unique_ptr<Mirrors> mirrors)
      : job_(std::move(job)), mirrors_(std::move(mirrors)) {}

  // Makes the Promise and has the job run; null when the engine has no memory for a Promise.
  static napi_value start(napi_env env, std::unique_ptr<AsyncJob> job);

  void run() override;
  // Both on the environment's thread, and the end of the job. The second when there is nobody left to tell.
  void settle(napi_env env);
  void drop(napi_env env);

  const JobEnvironment* environment() const { return environment_.get(); }

 private:
  std::unique_ptr<Job> job_;
  std::unique_ptr<Mirrors> mirrors_;
  std::shared_ptr<JobEnvironment> environment_;
  napi_deferred deferred_ = nullptr;
  std::string error_;
};

}  // namespace sa
