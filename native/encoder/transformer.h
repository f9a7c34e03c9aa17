// A transformer encoder over packed sequences: sequences of different lengths lie end to end and no padding
// is ever computed. One forward serves BERT and its relatives; they differ in what is given here and what is
// left out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "dispatch/kernel_set.h"
#include "encoder/embeddings.h"
#include "encoder/linear.h"
#include "encoder/norm.h"
#include "encoder/scores.h"

namespace sa {

struct TransformerConfig {
  int64_t hidden = 0, heads = 0, intermediate = 0;
  int64_t vocabulary = 0;
  int64_t positions = 0;  // tokens a sequence may have
  float epsilon = 1e-12f;
  Activation activation = Activation::kGelu;
  // The inner layer is activation(x W1) * (x W2) (arXiv 2002.05202) instead of activation(x W1).
  bool gated = false;
  // Normalise what a sublayer reads (arXiv 2002.04745) instead of its sum with the residual.
  bool pre_norm = false;
  // Keep 8 bits a weight and multiply 8-bit numbers.
  bool quantize = false;
};

struct LayerView {
  AttentionView attention;
  LinearView attention_output;  // [hidden, hidden]
  NormView attention_norm;      // may be absent with pre_norm
  LinearView up[2];             // [intermediate, hidden] each; the second one with `gated` only
  LinearView down;              // [hidden, intermediate]
  NormView output_norm;
  int rotary = -1;  // of TransformerView::rotary
};

// Rotary positions: `size` leading elements of a head turn, by frequencies theta^(-2 i / size) / divisor.
struct RotaryView {
  int64_t size = 0;
  double theta = 10000, divisor = 1;
};

struct TransformerView {
  EmbeddingsView embeddings;
  std::vector<LayerView> layers;
  std::vector<int32_t> order;  // layers in the order they are applied; a layer may come several times
  std::vector<RotaryView> rotary;
  NormView final_norm;  // absent: none
};

// What to make of the hidden states of a sequence; but for kTokens the values of Pooling.
enum class EncodeOutput : int32_t { kMean = 0, kTokens = 3, kLast = 6 };

// What became of a sequence. Rows of one that is not done are zeros.
enum class SequenceStatus : uint8_t {
  kDone = 0,
  kNotFinite = 1,  // a hidden state or a number of its rows is NaN or infinite
  kUnread = 2,     // a word it has could not be read from the weights file
};

struct EncodeBatch {
  const int32_t* ids = nullptr;      // [offsets[sequences]], each in [0, vocabulary)
  const int32_t* offsets = nullptr;  // [sequences + 1], ascending from 0; no sequence longer than `positions`
  int64_t sequences = 0;
  EncodeOutput output = EncodeOutput::kMean;
  int64_t skip = 0;  // leading tokens that averages and maxima leave out
  bool normalize = false;
  float* out = nullptr;              // [sequences, hidden], or [tokens, hidden] for kTokens
  SequenceStatus* status = nullptr;  // [sequences]
  // [applied layers, heads, tokens, tokens] or null: where to write the attention weights of one sequence,
  // the only one.
  float* attention = nullptr;
};

class Transformer {
 public:
  // Weights are packed from views into `files`. The model keeps that of the words, which are read when texts
  // first have them. Null: see the reader; memory has run out where it has no failure.
  static std::unique_ptr<Transformer> load(const KernelSet& kernels, const TransformerConfig& config,
                                           std::vector<std::shared_ptr<const ByteSource>> files,
                                           const TransformerView& from, WeightReader* reader);

  const TransformerConfig& config() const { return config_; }
  int64_t applied_layers() const { return static_cast<int64_t>(order_.size()); }
  // Bytes of memory of its own, without the words that were read so far.
  size_t bytes() const;

  // False when memory has run out.
  bool encode(const EncodeBatch& batch) const;
  // Why a sequence was kUnread, a sentence.
  std::string problem() const { return embeddings_.words().problem(); }

 private:
  struct Layer {
    LayerAttention attention;
    Linear attention_output, up, down;
    Norm attention_norm, output_norm;
    int rotary = -1;
  };
  struct Rotary {
    int64_t half = 0;
    AlignedFloats table;  // [positions, 2 half]
  };
  // Memory of one pass over some tokens.
  struct Buffers;

  explicit Transformer(const KernelSet& kernels) : kernels_(kernels) {}
  bool load_layer(WeightReader* reader, const LayerView& from, Layer* to) const;
  bool load_rotary(const RotaryView& from, Rotary* to) const;
  int64_t work_columns() const;
  bool forward(const EncodeBatch& batch, int64_t first, int64_t last) const;
  bool apply(const Layer& layer, const int32_t* offsets, int64_t sequences, float* weights, Buffers* b) const;
  bool attend(const Layer& layer, const int32_t* offsets, int64_t sequences, const float* projections,
              float* context, float* weights) const;
  void finish(const EncodeBatch& batch, int64_t first, int64_t last, const float* x) const;
  void judge(const EncodeBatch& batch, int64_t sequence, const float* x) const;

  const KernelSet& kernels_;
  TransformerConfig config_;
  std::vector<std::shared_ptr<const ByteSource>> files_;
  Embeddings embeddings_;
  std::vector<Layer> layers_;
  std::vector<int32_t> order_;
  std::vector<Rotary> rotary_;
  Norm final_norm_;
};

}  // namespace sa
