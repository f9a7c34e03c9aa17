// BERT's encoder (Devlin et al., arXiv 1810.04805): post-norm transformer with learnt absolute positions,
// over packed sequences: sequences of different lengths lie end to end and no padding is ever computed.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "dispatch/kernel_set.h"
#include "encoder/weights.h"
#include "runtime/mapped_file.h"

namespace sa {

struct BertConfig {
  int64_t hidden = 0, layers = 0, heads = 0, intermediate = 0;
  int64_t vocabulary = 0, positions = 0, token_types = 0;
  float epsilon = 1e-12f;
  Activation activation = Activation::kGelu;
};

// Tensors by their role, in this order; `layers` repeats kBertLayerTensors for each layer.
enum BertTensor {
  kWordEmbeddings,      // [vocabulary, hidden]
  kPositionEmbeddings,  // [positions, hidden]
  kTypeEmbeddings,      // [token_types, hidden]
  kEmbeddingGamma,      // [hidden]
  kEmbeddingBeta,       // [hidden]
  kBertTensors
};
enum BertLayerTensor {
  kQueryWeight,  // [hidden, hidden], out x in as torch.nn.Linear keeps it; so are all weights here
  kQueryBias,    // [hidden]
  kKeyWeight,
  kKeyBias,
  kValueWeight,
  kValueBias,
  kAttentionOutputWeight,  // [hidden, hidden]
  kAttentionOutputBias,    // [hidden]
  kAttentionGamma,         // [hidden]
  kAttentionBeta,
  kUpWeight,    // [intermediate, hidden]
  kUpBias,      // [intermediate]
  kDownWeight,  // [hidden, intermediate]
  kDownBias,    // [hidden]
  kOutputGamma,
  kOutputBeta,
  kBertLayerTensors
};

// Elements that the tensor of this role must have.
int64_t bert_tensor_size(const BertConfig& config, int role);
int64_t bert_layer_tensor_size(const BertConfig& config, int role);

// What to make of the hidden states of a sequence.
enum class EncodeOutput : int32_t { kMean = 0, kCls = 1, kMax = 2, kTokens = 3 };

struct EncodeBatch {
  const int32_t* ids = nullptr;      // [offsets[sequences]], each in [0, vocabulary)
  const int32_t* offsets = nullptr;  // [sequences + 1], ascending from 0; no sequence longer than `positions`
  int64_t sequences = 0;
  EncodeOutput output = EncodeOutput::kMean;
  bool normalize = false;
  float* out = nullptr;  // [sequences, hidden], or [tokens, hidden] for kTokens
  // [layers, heads, tokens, tokens] or null: where to write the attention weights of one sequence, the only
  // one.
  float* attention = nullptr;
};

class Bert {
 public:
  // Weights are packed from views into `file`, which the model keeps mapped: a float32 word table is read in
  // place. Null when memory has run out.
  static std::unique_ptr<Bert> load(const KernelSet& kernels, const BertConfig& config,
                                    std::shared_ptr<MappedFile> file, const std::vector<WeightView>& tensors,
                                    const std::vector<WeightView>& layer_tensors);

  const BertConfig& config() const { return config_; }
  // Bytes of memory of its own, without the mapped file.
  size_t bytes() const;

  // False when memory has run out.
  bool encode(const EncodeBatch& batch) const;

 private:
  struct Layer {
    PackedLinear qkv, attention_output, up, down;
    AlignedFloats attention_gamma, attention_beta, output_gamma, output_beta;
  };

  explicit Bert(const KernelSet& kernels) : kernels_(kernels) {}
  bool forward(const EncodeBatch& batch, int64_t first, int64_t last) const;
  bool attend(const float* qkv, const int32_t* offsets, int64_t sequences, float* context,
              float* weights) const;

  const KernelSet& kernels_;
  BertConfig config_;
  std::shared_ptr<MappedFile> file_;
  const float* words_ = nullptr;
  AlignedFloats word_copy_, positions_, types_, gamma_, beta_;
  std::vector<Layer> layers_;
};

}  // namespace sa
