// What the loading of an encoder and its forward pass share.
#pragma once

#include "binding/node_api.h"

#include <memory>

#include "encoder/transformer.h"

namespace sa {

// The JavaScript object of a loaded model.
Napi::Value new_transformer_model(Napi::Env env, std::shared_ptr<const Transformer>* model);

void export_load_transformer(Napi::Env env, Napi::Object exports);

}  // namespace sa
