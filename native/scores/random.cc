// Random scores: logits(i, j) = R(i, j), R [heads, length, length] (Tay et al., arXiv 2005.00743).
#include "scores/score.h"
#include "scores/table.h"

namespace sa {

namespace {

class Random final : public Score {
 public:
  void read(Fields& fields, const ScoreHeads& heads) override {
    heads_ = heads;
    length_ = read_score_length(fields, heads);
    if (fields.failed()) return;
    fields.tensor("matrix", heads.count * length_, length_, &matrix_);
  }

  void reads(std::vector<Columns>*) const override {}

  bool load(const KernelSet& kernels, WeightReader* reader) override {
    return table_.allocate(heads_, length_) && reader->read(matrix_, table_.data()) &&
           table_.prepare(kernels, heads_.alone, &weight);
  }

  void source(const Rows&, int64_t, bool exact, ScoreSource* to) const override { table_.source(exact, to); }

  size_t bytes() const override { return table_.bytes(); }

 private:
  ScoreHeads heads_;
  int64_t length_ = 0;
  WeightView matrix_;
  ScoreTable table_;
};

}  // namespace

std::unique_ptr<Score> new_random_score() { return std::unique_ptr<Score>(new (std::nothrow) Random); }

}  // namespace sa
