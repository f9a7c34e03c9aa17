// The kernel operations as jobs; their options are documented in lib/native/addon.ts.
#pragma once

#include "binding/node_api.h"

#include <memory>
#include <string>

#include "binding/job.h"

namespace sa {

// name and nameAsync.
template <typename T>
void export_job(Napi::Env env, Napi::Object exports, const char* name) {
  const std::string async_name = std::string(name) + "Async";
  exports.Set(name, Napi::Function::New(env, call_sync<T>, name));
  exports.Set(async_name, Napi::Function::New(env, call_async<T>, async_name));
}

// Jobs that others are made of.
std::unique_ptr<Job> make_matmul_job();
std::unique_ptr<Job> make_attention_job();
std::unique_ptr<Job> make_gate_job();
std::unique_ptr<Job> make_layer_norm_job();

void export_matmul(Napi::Env env, Napi::Object exports);
void export_int8(Napi::Env env, Napi::Object exports);
void export_attention(Napi::Env env, Napi::Object exports);
void export_row_operations(Napi::Env env, Napi::Object exports);
void export_elementwise(Napi::Env env, Napi::Object exports);
void export_gradients(Napi::Env env, Napi::Object exports);
void export_tensor_operations(Napi::Env env, Napi::Object exports);
void export_batched(Napi::Env env, Napi::Object exports);
void export_program(Napi::Env env, Napi::Object exports);
void export_file_lock(Napi::Env env, Napi::Object exports);

}  // namespace sa
