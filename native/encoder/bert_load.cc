#include <cstdint>
#include <utility>

#include "encoder/bert.h"

namespace sa {

int64_t bert_tensor_size(const BertConfig& c, int role) {
  switch (role) {
    case kWordEmbeddings:
      return c.vocabulary * c.hidden;
    case kPositionEmbeddings:
      return c.positions * c.hidden;
    case kTypeEmbeddings:
      return c.token_types * c.hidden;
    default:
      return c.hidden;
  }
}

int64_t bert_layer_tensor_size(const BertConfig& c, int role) {
  switch (role) {
    case kQueryWeight:
    case kKeyWeight:
    case kValueWeight:
    case kAttentionOutputWeight:
      return c.hidden * c.hidden;
    case kUpWeight:
    case kDownWeight:
      return c.hidden * c.intermediate;
    case kUpBias:
      return c.intermediate;
    default:
      return c.hidden;
  }
}

std::unique_ptr<Bert> Bert::load(const KernelSet& kernels, const BertConfig& config,
                                 std::shared_ptr<MappedFile> file, const std::vector<WeightView>& tensors,
                                 const std::vector<WeightView>& layer_tensors) {
  std::unique_ptr<Bert> bert(new Bert(kernels));
  bert->config_ = config;
  bert->file_ = std::move(file);
  const WeightView& words = tensors[kWordEmbeddings];
  if (words.dtype == DType::kF32 && reinterpret_cast<uintptr_t>(words.data) % alignof(float) == 0) {
    bert->words_ = reinterpret_cast<const float*>(words.data);
  } else {
    if (!copy_weights(words, &bert->word_copy_)) return nullptr;
    bert->words_ = bert->word_copy_.data();
  }
  if (!copy_weights(tensors[kPositionEmbeddings], &bert->positions_) ||
      !copy_weights(tensors[kTypeEmbeddings], &bert->types_) ||
      !copy_weights(tensors[kEmbeddingGamma], &bert->gamma_) ||
      !copy_weights(tensors[kEmbeddingBeta], &bert->beta_)) {
    return nullptr;
  }
  const int64_t hidden = config.hidden;
  bert->layers_.resize(static_cast<size_t>(config.layers));
  for (size_t i = 0; i < bert->layers_.size(); ++i) {
    const WeightView* t = layer_tensors.data() + i * kBertLayerTensors;
    Layer& layer = bert->layers_[i];
    const WeightView weights[3] = {t[kQueryWeight], t[kKeyWeight], t[kValueWeight]};
    const WeightView biases[3] = {t[kQueryBias], t[kKeyBias], t[kValueBias]};
    const bool packed =
        layer.qkv.pack(kernels, hidden, hidden, weights, biases, 3) &&
        layer.attention_output.pack(kernels, hidden, hidden, t + kAttentionOutputWeight,
                                    t + kAttentionOutputBias, 1) &&
        layer.up.pack(kernels, hidden, config.intermediate, t + kUpWeight, t + kUpBias, 1) &&
        layer.down.pack(kernels, config.intermediate, hidden, t + kDownWeight, t + kDownBias, 1) &&
        copy_weights(t[kAttentionGamma], &layer.attention_gamma) &&
        copy_weights(t[kAttentionBeta], &layer.attention_beta) &&
        copy_weights(t[kOutputGamma], &layer.output_gamma) &&
        copy_weights(t[kOutputBeta], &layer.output_beta);
    if (!packed) return nullptr;
  }
  return bert;
}

size_t Bert::bytes() const {
  size_t floats = word_copy_.size() + positions_.size() + types_.size() + gamma_.size() + beta_.size();
  for (const Layer& layer : layers_) {
    for (const PackedLinear* linear : {&layer.qkv, &layer.attention_output, &layer.up, &layer.down}) {
      floats += linear->panels.size() + linear->bias.size();
    }
    floats += layer.attention_gamma.size() + layer.attention_beta.size() + layer.output_gamma.size() +
              layer.output_beta.size();
  }
  return floats * sizeof(float);
}

}  // namespace sa
