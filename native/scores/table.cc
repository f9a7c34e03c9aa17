#include "scores/table.h"

#include "schedule/run.h"

namespace sa {

bool ScoreTable::allocate(const ScoreHeads& heads, int64_t length) {
  heads_ = heads.count;
  length_ = length;
  return matrix_.allocate(static_cast<size_t>(heads_ * length * length));
}

bool ScoreTable::prepare(const KernelSet& kernels, bool alone, float* weight) {
  if (!alone) return true;
  const size_t size = matrix_.size();
  if (!exponentials_.allocate(size) || !sums_.allocate(size)) return false;
  for (size_t i = 0; i < size; ++i) matrix_.data()[i] *= *weight;
  *weight = 1.0f;
  run_prepare_scores(kernels, matrix_.data(), heads_ * length_, length_, exponentials_.data(), sums_.data());
  return true;
}

void ScoreTable::source(bool exact, ScoreSource* to) const {
  to->kind = ScoreKind::kMatrix;
  to->left = matrix_.data();
  to->left_strides = {0, length_ * length_, length_};
  // Whoever wants to see the weights gets them from the logits.
  if (exponentials_.data() == nullptr || exact) return;
  to->kind = ScoreKind::kPrepared;
  to->left = exponentials_.data();
  to->prepared = {sums_.data(), matrix_.data()};
}

size_t ScoreTable::bytes() const {
  return (matrix_.size() + exponentials_.size() + sums_.size()) * sizeof(float);
}

}  // namespace sa
