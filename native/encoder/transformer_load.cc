#include <algorithm>
#include <cmath>
#include <new>
#include <utility>

#include "encoder/transformer.h"
#include "runtime/allocation.h"

namespace sa {

bool Transformer::load_layer(WeightReader* reader, const LayerView& from, Layer* to) const {
  const int64_t hidden = config_.hidden;
  const bool quantize = config_.quantize;
  to->rotary = from.rotary;
  return to->attention.load(kernels_, reader, {hidden, config_.heads}, from.attention, quantize) &&
         to->attention_output.pack(kernels_, reader, hidden, &from.attention_output, 1, quantize) &&
         to->attention_norm.load(reader, from.attention_norm) &&
         to->up.pack(kernels_, reader, hidden, from.up, config_.gated ? 2 : 1, quantize) &&
         to->down.pack(kernels_, reader, config_.intermediate, &from.down, 1, quantize) &&
         to->output_norm.load(reader, from.output_norm);
}

bool Transformer::load_rotary(const RotaryView& from, Rotary* to) const {
  const int64_t half = to->half = from.size / 2;
  if (!to->table.allocate(static_cast<size_t>(config_.positions * 2 * half))) return false;
  for (int64_t i = 0; i < half; ++i) {
    const double frequency =
        std::pow(from.theta, -static_cast<double>(i) / static_cast<double>(half)) / from.divisor;
    for (int64_t p = 0; p < config_.positions; ++p) {
      const double angle = static_cast<double>(p) * frequency;
      to->table.data()[p * 2 * half + i] = static_cast<float>(std::cos(angle));
      to->table.data()[p * 2 * half + half + i] = static_cast<float>(std::sin(angle));
    }
  }
  return true;
}

std::unique_ptr<Transformer> Transformer::load(const KernelSet& kernels, const TransformerConfig& config,
                                               std::vector<std::shared_ptr<const ByteSource>> files,
                                               const TransformerView& from, WeightReader* reader) {
  std::unique_ptr<Transformer> model(new (std::nothrow) Transformer(kernels));
  if (model == nullptr) return nullptr;
  model->config_ = config;
  model->files_ = std::move(files);
  if (!try_resize(&model->order_, from.order.size())) return nullptr;
  std::copy(from.order.begin(), from.order.end(), model->order_.begin());
  if (!model->embeddings_.load(kernels, reader, from.embeddings, config.quantize)) return nullptr;
  if (!try_resize(&model->layers_, from.layers.size())) return nullptr;
  for (size_t i = 0; i < from.layers.size(); ++i) {
    if (!model->load_layer(reader, from.layers[i], &model->layers_[i])) return nullptr;
  }
  if (!try_resize(&model->rotary_, from.rotary.size())) return nullptr;
  for (size_t i = 0; i < from.rotary.size(); ++i) {
    if (!model->load_rotary(from.rotary[i], &model->rotary_[i])) return nullptr;
  }
  if (!model->final_norm_.load(reader, from.final_norm)) return nullptr;
  // Only words are read later: of many shards one stays open.
  auto& kept = model->files_;
  const auto is_done = [&](const std::shared_ptr<const ByteSource>& file) {
    return file.get() != from.embeddings.words.source;
  };
  kept.erase(std::remove_if(kept.begin(), kept.end(), is_done), kept.end());
  return model;
}

size_t Transformer::bytes() const {
  size_t bytes = embeddings_.bytes() + final_norm_.bytes();
  for (const Layer& layer : layers_) {
    bytes += layer.attention.bytes() + layer.attention_output.bytes() + layer.up.bytes() +
             layer.down.bytes() + layer.attention_norm.bytes() + layer.output_norm.bytes();
  }
  for (const Rotary& rotary : rotary_) bytes += rotary.table.size() * sizeof(float);
  return bytes;
}

int64_t Transformer::work_columns() const {
  int64_t columns = (config_.gated ? 2 : 1) * config_.intermediate;
  for (const Layer& layer : layers_) {
    columns = std::max(columns, layer.attention.columns() + config_.hidden);
  }
  return std::max(columns, embeddings_.scratch());
}

}  // namespace sa
