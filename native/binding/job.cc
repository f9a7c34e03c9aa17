#include "binding/job.h"

#include "dispatch/dispatch.h"
#include "runtime/settings.h"

namespace sa {

napi_value native_error(napi_env env, const std::string& message, const char* reason) {
  napi_value text = nullptr, code = nullptr, why = nullptr, error = nullptr;
  const bool made = napi_create_string_utf8(env, message.data(), message.size(), &text) == napi_ok &&
                    napi_create_string_utf8(env, "ERR_NATIVE", NAPI_AUTO_LENGTH, &code) == napi_ok &&
                    napi_create_string_utf8(env, reason, NAPI_AUTO_LENGTH, &why) == napi_ok &&
                    napi_create_error(env, code, text, &error) == napi_ok &&
                    napi_set_named_property(env, error, "reason", why) == napi_ok;
  return made ? error : nullptr;
}

void throw_native_error(Napi::Env env, const std::string& message, const char* reason) {
  // A getter of the caller's options may have thrown already; its exception goes first.
  if (env.IsExceptionPending()) return;
  const napi_value error = native_error(env, message, reason);
  if (error != nullptr) napi_throw(env, error);
}

const char* reason_of(const std::string& failure) {
  return failure == kOutOfMemory ? reason::kMemory : reason::kArgument;
}

const KernelSet* require_kernels(Napi::Env env) {
  std::string error = settings().error;
  const KernelSet* kernels = error.empty() ? active_kernels(&error) : nullptr;
  if (kernels == nullptr) throw_native_error(env, error);
  return kernels;
}

Napi::Value run_sync(const Napi::CallbackInfo& info, Job* job) {
  const Napi::Env env = info.Env();
  const KernelSet* kernels = require_kernels(env);
  if (kernels == nullptr) return env.Undefined();
  Arguments arguments(env, info[0]);
  job->read(arguments);
  if (!arguments.ready()) {
    throw_native_error(env, arguments.error(), arguments.reason());
    return env.Undefined();
  }
  const std::string error = job->execute(*kernels);
  if (!error.empty()) {
    throw_native_error(env, error, reason_of(error));
    return env.Undefined();
  }
  return job->result(env);
}

}  // namespace sa
