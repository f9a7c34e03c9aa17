// Factorized random scores: logits = R1 R2^T of a head, both [length, depth] (Tay et al., arXiv 2005.00743).
#include "scores/score.h"
#include "scores/table.h"
#include "schedule/run.h"

namespace sa {

namespace {

// Up to this many numbers R1 R2^T is written out once instead of being multiplied in every call.
constexpr int64_t kLargestProduct = int64_t{1} << 24;

class FactorizedRandom final : public Score {
 public:
  void read(Fields& fields, const ScoreHeads& heads) override {
    heads_ = heads;
    length_ = read_score_length(fields, heads);
    depth_ = fields.integer("depth", 1, kLargestScoreSize);
    if (fields.failed()) return;
    fields.tensor("left", heads.count * length_, depth_, &left_view_);
    fields.tensor("right", heads.count * length_, depth_, &right_view_);
  }

  void reads(std::vector<Columns>*) const override {}

  bool load(const KernelSet& kernels, WeightReader* reader) override {
    if (!reader->read(left_view_, &left_) || !reader->read(right_view_, &right_)) return false;
    if (heads_.count * length_ * length_ > kLargestProduct) return true;
    if (!table_.allocate(heads_, length_)) return false;
    Matmul p;
    p.batch = heads_.count;
    p.m = p.n = length_;
    p.k = depth_;
    p.a = {left_.data(), depth_, 1};
    p.b = {right_.data(), 1, depth_};
    p.a_batch = p.b_batch = length_ * depth_;
    p.c = table_.data();
    p.c_stride = length_;
    p.c_batch = length_ * length_;
    if (!run_matmul(kernels, p)) return false;
    left_ = AlignedFloats();
    right_ = AlignedFloats();
    return table_.prepare(kernels, heads_.alone, &weight);
  }

  void source(const Rows&, int64_t, bool exact, ScoreSource* to) const override {
    if (table_.present()) return table_.source(exact, to);
    to->depth = depth_;
    to->left = left_.data();
    to->right = right_.data();
    to->left_strides = to->right_strides = {0, length_ * depth_, depth_};
  }

  size_t bytes() const override { return table_.bytes() + (left_.size() + right_.size()) * sizeof(float); }

 private:
  ScoreHeads heads_;
  int64_t length_ = 0, depth_ = 0;
  WeightView left_view_, right_view_;
  AlignedFloats left_, right_;
  ScoreTable table_;
};

}  // namespace

std::unique_ptr<Score> new_factorized_random_score() {
  return std::unique_ptr<Score>(new (std::nothrow) FactorizedRandom);
}

}  // namespace sa
