// Logits that are a table of positions: the scores of random layers and of those that a product of factors
// makes.
#pragma once

#include "scores/score.h"

namespace sa {

// [heads, length, length]. Where it stands alone in its heads' softmax, the exponentials are prepared and no
// call computes one (see PreparedScores).
class ScoreTable {
 public:
  bool allocate(const ScoreHeads& heads, int64_t length);
  float* data() { return matrix_.data(); }
  bool present() const { return matrix_.data() != nullptr; }

  // Behind the last change of data(): scales it by *weight where it is prepared, and sets that to 1.
  bool prepare(const KernelSet& kernels, bool alone, float* weight);
  void source(bool exact, ScoreSource* to) const;
  size_t bytes() const;

 private:
  int64_t heads_ = 0, length_ = 0;
  AlignedFloats matrix_, exponentials_, sums_;
};

}  // namespace sa
