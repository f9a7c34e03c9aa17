// PackedMatrix: weights in the panels of the matmul kernel, made once and used by many calls. `count`
// matrices (one a head) of [k, n] each.
#pragma once

#include "binding/node_api.h"

#include <memory>

#include "binding/arguments.h"
#include "runtime/workspace.h"

namespace sa {

struct Panels {
  int64_t count = 0, k = 0, n = 0;
  size_t each = 0;  // floats a matrix
  AlignedFloats data;
};

class PackedMatrix : public Napi::ObjectWrap<PackedMatrix> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PackedMatrix(const Napi::CallbackInfo& info);
  void Finalize(Napi::Env env) override;

  // The panels of the object under `name`; null (and a recorded failure unless optional) when it is not one.
  static std::shared_ptr<const Panels> read(Arguments& arguments, const char* name, bool optional);

 private:
  Napi::Value dispose(const Napi::CallbackInfo& info);
  void release(Napi::Env env);
  std::shared_ptr<const Panels> panels_;
};

}  // namespace sa
