// A JavaScript object that owns native memory: shared with the jobs that use it, told to the engine's garbage
// collector, and given back by dispose() or with the object.
//
// `Derived` has kTag (it proves an object's type) and kName; `Payload` has bytes().
#pragma once

#include "binding/node_api.h"

#include <memory>
#include <string>
#include <utility>

#include "binding/arguments.h"

namespace sa {

template <typename Derived, typename Payload>
class Handle : public Napi::ObjectWrap<Derived> {
 public:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Derived>(info) {}

  // The class, with dispose() and the bytes that it owns (0 after dispose).
  static Napi::Function define(Napi::Env env) {
    using Base = Napi::ObjectWrap<Derived>;
    using Method = Napi::Value (Derived::*)(const Napi::CallbackInfo&);
    return Base::DefineClass(env, Derived::kName,
                             {Base::InstanceMethod("dispose", static_cast<Method>(&Handle::dispose)),
                              Base::InstanceAccessor("bytes", static_cast<Method>(&Handle::bytes), nullptr)});
  }

  void Finalize(Napi::Env env) override { release(env); }

  // What the object under `name` owns; null, and a recorded failure unless optional, when it is not one.
  static std::shared_ptr<const Payload> read(Arguments& arguments, const char* name, bool optional = false) {
    const Napi::Value value = arguments.get(name);
    if (optional && (value.IsNull() || value.IsUndefined())) return nullptr;
    if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&Derived::kTag)) {
      arguments.fail(name, std::string("a ") + Derived::kName, describe_value(value));
      return nullptr;
    }
    std::shared_ptr<const Payload> payload =
        Napi::ObjectWrap<Derived>::Unwrap(value.As<Napi::Object>())->payload_;
    if (payload == nullptr) arguments.fail_disposed(name, Derived::kName);
    return payload;
  }

 protected:
  void own(const Napi::CallbackInfo& info, std::shared_ptr<const Payload> payload) {
    Napi::MemoryManagement::AdjustExternalMemory(info.Env(), static_cast<int64_t>(payload->bytes()));
    payload_ = std::move(payload);
    info.This().As<Napi::Object>().TypeTag(&Derived::kTag);
  }

 private:
  Napi::Value dispose(const Napi::CallbackInfo& info) {
    release(info.Env());
    return info.Env().Undefined();
  }

  Napi::Value bytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), payload_ == nullptr ? 0 : static_cast<double>(payload_->bytes()));
  }

  void release(Napi::Env env) {
    if (payload_ == nullptr) return;
    Napi::MemoryManagement::AdjustExternalMemory(env, -static_cast<int64_t>(payload_->bytes()));
    payload_.reset();
  }

  std::shared_ptr<const Payload> payload_;
};

}  // namespace sa
