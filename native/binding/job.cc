#include "binding/job.h"

#include "dispatch/dispatch.h"
#include "runtime/settings.h"

namespace sa {

namespace {

napi_value text_value(napi_env env, const std::string& text) {
  napi_value value = nullptr;
  return napi_create_string_utf8(env, text.data(), text.size(), &value) == napi_ok ? value : nullptr;
}

// An empty text is no field.
bool set_field(napi_env env, napi_value error, const char* name, const std::string& text) {
  if (text.empty()) return true;
  const napi_value value = text_value(env, text);
  return value != nullptr && napi_set_named_property(env, error, name, value) == napi_ok;
}

}  // namespace

napi_value native_error(napi_env env, const Failure& failure) {
  const napi_value text = text_value(env, failure.message), code = text_value(env, "ERR_NATIVE");
  napi_value error = nullptr;
  const bool made = text != nullptr && code != nullptr &&
                    napi_create_error(env, code, text, &error) == napi_ok &&
                    set_field(env, error, "reason", failure.reason) &&
                    set_field(env, error, "argument", failure.argument) &&
                    set_field(env, error, "expected", failure.expected) &&
                    set_field(env, error, "received", failure.received);
  return made ? error : nullptr;
}

void throw_native_error(Napi::Env env, const Failure& failure) {
  // A getter of the caller's options may have thrown already; its exception goes first.
  if (env.IsExceptionPending()) return;
  const napi_value error = native_error(env, failure);
  if (error != nullptr) napi_throw(env, error);
}

void throw_native_error(Napi::Env env, const std::string& message, const char* reason) {
  throw_native_error(env, Failure{message, reason, "", "", ""});
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
    throw_native_error(env, arguments.failure());
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
