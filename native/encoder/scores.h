// The attention of one layer: a mixture of score functions, what they need of the layer's input, and the
// softmax over their sum (kernels/attention/attention.h). Dot-product attention is the mixture of one. Heads
// may stand in groups, each with a mixture of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "encoder/linear.h"

namespace sa {

// Random: matrix [heads, length, length]. Factorized: left right^T, both [heads, length, depth].
// Dense: ReLU(x W1 + b1) W2 + b2, `first` W1, b1 [heads * depth, hidden], `matrix` W2 [heads, depth, length],
// `other` b2 [heads, length]. Outer: logits(i, j) = A(i, j mod a) B(i, j / a) with [A | B] = ReLU(x W1 + b1)
// W2 + b2, a = `tile`, W2 [heads, depth, a + length / a]. Of these two, all heads may share W2 and b2.
// Relative: table [buckets, heads], logits(i, j) = table(index[reach - 1 + j - i]), index [2 reach - 1].
// `heads` are those of the group.
enum class ScoreFunction : int32_t {
  kDot = 0,
  kRandom = 1,
  kFactorized = 2,
  kDense = 3,
  kOuter = 4,
  kRelative = 5,
};

struct ScoreView {
  ScoreFunction function = ScoreFunction::kDot;
  float weight = 1.0f;
  int64_t length = 0, depth = 0;
  int64_t tile = 0;          // kOuter: a divisor of `length`
  LinearView first, second;  // kDot: queries and keys, [heads * size of a head, hidden]
  WeightView matrix, other;  // kFactorized: left and right
  std::vector<int32_t> index;
};

struct HeadGroupView {
  int64_t heads = 0;
  std::vector<ScoreView> scores;
};

struct AttentionView {
  std::vector<HeadGroupView> groups;  // heads in order
  LinearView value;                   // [hidden, hidden], of all heads
  int64_t before = -1, after = -1;
};

// What one layer's attention reads: the projections of `tokens` tokens, row by row.
class LayerAttention {
 public:
  struct Sizes {
    int64_t hidden = 0, heads = 0;
  };

  // False: see the reader, or memory has run out.
  bool load(const KernelSet& kernels, WeightReader* reader, const Sizes& sizes, const AttentionView& from,
            bool quantize);

  size_t bytes() const;
  // Floats a token that project() writes.
  int64_t columns() const { return plain_.out() + rectified_.out() + factor_columns_; }
  // Heads, from the start of a row of projections, that rotary positions turn: queries and keys. 0: none.
  int64_t dot_heads() const { return dot_heads_; }
  // From row to row of those.
  int64_t plain_columns() const { return plain_.out(); }

  // projections [tokens, plain columns], behind them [tokens, rectified columns] and the factors of each
  // outer score. False when memory has run out.
  bool project(const KernelSet& kernels, const float* x, int64_t tokens, float* projections) const;

  int64_t groups() const { return static_cast<int64_t>(groups_.size()); }
  int64_t first_head(int64_t group) const { return groups_[static_cast<size_t>(group)].first; }
  int64_t group_of(int64_t head) const;

  // One group's attention of the sequence whose first token is row `first` of the projections of `tokens`
  // tokens. context [tokens, hidden]; `weights` [heads, count, count] of all heads, or null.
  void problem(int64_t group, const float* projections, int64_t tokens, int64_t first, int64_t count,
               float* context, float* weights, Attention* p) const;

 private:
  // A score function with its own memory, and where its projections stand.
  struct Score {
    ScoreFunction function = ScoreFunction::kDot;
    float weight = 1.0f;
    int64_t length = 0, depth = 0, tile = 0;
    int64_t first = 0, second = 0;  // columns of the projections
    AlignedFloats matrix, other, sums, exponentials;
    size_t panel_stride = 0;  // from head to head; 0: all have one
    ptrdiff_t bias_stride = 0;

    int64_t mapped() const { return function == ScoreFunction::kOuter ? tile + length / tile : length; }
  };

  struct Group {
    int64_t first = 0, heads = 0;
    std::vector<Score> scores;
    bool prepared = false;
  };

  bool prepare(const KernelSet& kernels, Group* group) const;
  bool factors(const KernelSet& kernels, const Score& score, int64_t heads, int64_t tokens,
               float* projections) const;

  static bool load_score(const KernelSet& kernels, WeightReader* reader, const ScoreView& from, int64_t heads,
                         Score* to);
  static bool load_matrix(const KernelSet& kernels, WeightReader* reader, const ScoreView& from,
                          int64_t heads, Score* to);
  static bool load_relative(WeightReader* reader, const ScoreView& from, int64_t heads, Score* to);
  static bool pack_second(const KernelSet& kernels, WeightReader* reader, const ScoreView& from, Score* to);

  Sizes sizes_;
  std::vector<Group> groups_;
  Linear plain_;      // queries, keys and values of all heads
  Linear rectified_;  // hidden layers of dense and outer scores
  int64_t factor_columns_ = 0, value_column_ = 0, dot_heads_ = 0, before_ = -1, after_ = -1;
};

}  // namespace sa
