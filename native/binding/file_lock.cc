// lockFile: the lock of an open file.
#include "runtime/file_lock.h"

#include <climits>

#include "binding/arguments.h"
#include "binding/operations.h"

namespace sa {

namespace {

Napi::Value lock_file(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  Arguments arguments(env, call[0]);
  const int64_t fd = arguments.integer("fd", 0, INT_MAX);
  if (arguments.failed()) {
    throw_native_error(env, arguments.error());
    return env.Undefined();
  }
  const FileLock result = try_lock_file(static_cast<int>(fd));
  if (result == FileLock::kFailed) {
    throw_native_error(env,
                       "fd: expected an open file that can be locked but received " + std::to_string(fd));
    return env.Undefined();
  }
  return Napi::Number::New(env, static_cast<int>(result));
}

}  // namespace

void export_file_lock(Napi::Env env, Napi::Object exports) {
  exports.Set("lockFile", Napi::Function::New(env, lock_file, "lockFile"));
}

}  // namespace sa
