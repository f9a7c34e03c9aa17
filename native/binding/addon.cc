// The addon's entry: an export table. State is kept per environment (worker_threads load it again each).
#include "binding/node_api.h"

#include "binding/operations.h"
#include "dispatch/cpu.h"
#include "dispatch/dispatch.h"
#include "runtime/background.h"
#include "runtime/cpu_count.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"

namespace sa {

namespace {

const char* compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "gcc " __VERSION__;
#elif defined(_MSC_VER)
  return "msvc";
#else
  return "unknown";
#endif
}

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const KernelSet* kernels = require_kernels(env);
  if (kernels == nullptr) return env.Undefined();
  Napi::Object out = Napi::Object::New(env);
  out.Set("isa", kernels->name);
  out.Set("int8", kernels->int8_method);
  Napi::Array tiers_out = Napi::Array::New(env);
  for (const Tier& tier : tiers()) {
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("name", tier.name);
    entry.Set("compiled", tier.kernels() != nullptr);
    entry.Set("supported", tier.kernels() != nullptr && tier.supported());
    tiers_out.Set(tiers_out.Length(), entry);
  }
  out.Set("tiers", tiers_out);
  out.Set("cpu", cpu_brand());
  out.Set("availableCpus", available_cpus());
  out.Set("threads", ThreadPool::instance().threads());
  out.Set("workerThreads", ThreadPool::instance().workers());
  out.Set("jobThreads", Background::instance().threads());
  out.Set("compiler", compiler());
  out.Set("napiVersion", NAPI_VERSION);
  out.Set("copiedBytes", static_cast<double>(Mirrors::total_bytes()));
  out.Set("retainedBytes", static_cast<double>(Workspace::retained_bytes()));
  return out;
}

Napi::Value set_threads(const Napi::CallbackInfo& call) {
  if (require_kernels(call.Env()) == nullptr) return call.Env().Undefined();
  Arguments arguments(call.Env(), call[0]);
  const int64_t threads = arguments.integer("threads", 1, ThreadPool::kMaxThreads);
  if (arguments.failed()) {
    throw_native_error(call.Env(), arguments.error());
  } else {
    ThreadPool::instance().set_threads(static_cast<int>(threads));
  }
  return call.Env().Undefined();
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  exports.Set("info", Napi::Function::New(env, info, "info"));
  exports.Set("setThreads", Napi::Function::New(env, set_threads, "setThreads"));
  export_matmul(env, exports);
  export_int8(env, exports);
  export_attention(env, exports);
  export_row_operations(env, exports);
  export_elementwise(env, exports);
  export_gradients(env, exports);
  export_tensor_operations(env, exports);
  export_batched(env, exports);
  export_program(env, exports);
  export_file_lock(env, exports);
  return exports;
}

}  // namespace

}  // namespace sa

static Napi::Object Initialize(Napi::Env env, Napi::Object exports) { return sa::initialize(env, exports); }
NODE_API_MODULE(synthetic_attention, Initialize)
