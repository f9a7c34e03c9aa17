// Relative positions as in T5 and MPNet: logits(i, j) = table(index(reach - 1 + j - i)) of a head, table
// [buckets, heads], index [2 reach - 1] with reach the longest sequence (Raffel et al., arXiv 1910.10683).
#include "scores/score.h"

namespace sa {

namespace {

class Relative final : public Score {
 public:
  void read(Fields& fields, const ScoreHeads& heads) override {
    heads_ = heads.count;
    const int64_t buckets = fields.integer("buckets", 1, 65536), offsets = 2 * heads.positions - 1;
    fields.integers("index", offsets, &index_);
    if (fields.failed()) return;
    fields.expect(static_cast<int64_t>(index_.size()) == offsets, "index",
                  std::to_string(offsets) + " elements", static_cast<double>(index_.size()));
    for (const int32_t bucket : index_) {
      fields.expect(bucket >= 0 && bucket < buckets, "index", "buckets below " + std::to_string(buckets),
                    bucket);
    }
    if (fields.failed()) return;
    fields.tensor("table", buckets, heads_, &table_);
  }

  void reads(std::vector<Columns>*) const override {}

  // From a row a bucket to a row a head, so that a row of logits is a part of one.
  bool load(const KernelSet&, WeightReader* reader) override {
    AlignedFloats table;
    const size_t offsets = index_.size();
    if (!reader->read(table_, &table) || !rows_.allocate(static_cast<size_t>(heads_) * offsets)) return false;
    float* to = rows_.data();
    for (int64_t h = 0; h < heads_; ++h) {
      for (const int32_t bucket : index_) *to++ = table.data()[bucket * heads_ + h];
    }
    return true;
  }

  // A row further down reads one element further left.
  void source(const Rows&, int64_t, bool, ScoreSource* to) const override {
    const int64_t offsets = static_cast<int64_t>(index_.size());
    to->kind = ScoreKind::kMatrix;
    to->left = rows_.data() + offsets / 2;
    to->left_strides = {0, offsets, -1};
  }

  size_t bytes() const override { return rows_.size() * sizeof(float); }

 private:
  int64_t heads_ = 0;
  std::vector<int32_t> index_;
  WeightView table_;
  AlignedFloats rows_;
};

}  // namespace

std::unique_ptr<Score> new_relative_score() { return std::unique_ptr<Score>(new (std::nothrow) Relative); }

}  // namespace sa
