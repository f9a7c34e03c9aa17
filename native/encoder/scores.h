// The attention of one layer: a mixture of score functions, what they need of the layer's input, and the
// softmax over their sum (kernels/attention/attention.h). Dot-product attention is the mixture of one.
#pragma once

#include <cstdint>
#include <vector>

#include "encoder/linear.h"

namespace sa {

enum class ScoreFunction : int32_t {
  kDot = 0,         // (q k^T) * weight
  kRandom = 1,      // matrix [heads, length, length]
  kFactorized = 2,  // left right^T, both [heads, length, depth]
  kDense = 3,  // ReLU(x W1 + b1) W2 + b2: `first` [heads * depth, hidden], matrix W2 [heads, depth, length],
               // bias b2 [heads, length]
  kOuter = 4,  // logits(i, j) = A(i, j mod depth) B(i, j / depth): `first` A [heads * depth, hidden],
               // `second` B [heads * length / depth, hidden]
  kRelative =
      5,  // table [buckets, heads]: logits(i, j) = table(index[reach - 1 + j - i]), index [2 reach - 1]
};

struct ScoreView {
  ScoreFunction function = ScoreFunction::kDot;
  float weight = 1.0f;
  int64_t length = 0, depth = 0;
  LinearView first, second;  // kDot: queries and keys, [hidden, hidden]
  WeightView matrix, other;  // kFactorized: left and right; kDense: W2, which all heads may share, and b2
  std::vector<int32_t> index;
};

struct AttentionView {
  std::vector<ScoreView> scores;
  LinearView value;  // [hidden, hidden]
  int64_t before = -1, after = -1;
};

// What one layer's attention reads: the projections of `tokens` tokens, row by row.
class LayerAttention {
 public:
  struct Sizes {
    int64_t hidden = 0, heads = 0;
  };

  // False when memory has run out.
  bool load(const KernelSet& kernels, const Sizes& sizes, const AttentionView& from, bool quantize);

  size_t bytes() const;
  // Floats a token that project() writes.
  int64_t columns() const { return plain_.out() + rectified_.out(); }
  // Heads, from the start of a row of projections, that rotary positions turn: queries and keys. 0: none.
  int64_t dot_heads() const { return dot_heads_; }
  // From row to row of those.
  int64_t plain_columns() const { return plain_.out(); }

  // projections [tokens, plain columns] and behind them [tokens, rectified columns]. False when memory has
  // run out.
  bool project(const KernelSet& kernels, const float* x, int64_t tokens, float* projections) const;

  // The attention of the sequence whose first token is row `first` of the projections of `tokens` tokens.
  // context [tokens, hidden]; `weights` [heads, count, count] or null.
  void problem(const float* projections, int64_t tokens, int64_t first, int64_t count, float* context,
               float* weights, Attention* p) const;

 private:
  // A score function with its own memory, and where its projections stand.
  struct Score {
    ScoreFunction function = ScoreFunction::kDot;
    float weight = 1.0f;
    int64_t length = 0, depth = 0;
    int64_t first = 0, second = 0;  // columns of the projections
    AlignedFloats matrix, other, sums, exponentials;
    size_t panel_stride = 0;
  };

  bool load_score(const KernelSet& kernels, const ScoreView& from, Score* to) const;
  bool load_matrix(const KernelSet& kernels, const ScoreView& from, Score* to) const;
  bool pack_dense(const KernelSet& kernels, const ScoreView& from, Score* to) const;

  Sizes sizes_;
  std::vector<Score> scores_;
  Linear plain_;      // queries, keys, outer factors and values of all heads
  Linear rectified_;  // hidden layers of dense scores
  int64_t value_column_ = 0, dot_heads_ = 0, before_ = -1, after_ = -1;
  bool prepared_ = false;
};

}  // namespace sa
