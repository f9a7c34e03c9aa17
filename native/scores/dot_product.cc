// Dot-product scores: logits(i, j) = q(i) k(j) of rows that were projected before. Heads of queries may share
// those of keys (Ainslie et al., arXiv 2305.13245).
#include "scores/score.h"

namespace sa {

namespace {

class DotProduct final : public Score {
 public:
  void read(Fields& fields, const ScoreHeads& heads) override {
    queries_ = read_columns(fields, "queries", *heads.buffers, 0);
    if (fields.failed()) return;
    depth_ = queries_.count / heads.count;
    fields.expect(depth_ * heads.count == queries_.count, "queries",
                  "a multiple of " + std::to_string(heads.count) + " columns",
                  static_cast<double>(queries_.count));
    keys_ = read_columns(fields, "keys", *heads.buffers, depth_ * (heads.count / heads.kv_group));
  }

  void reads(std::vector<Columns>* to) const override {
    to->push_back(queries_);
    to->push_back(keys_);
  }

  bool load(const KernelSet&, WeightReader*) override { return true; }

  void source(const Rows& rows, int64_t first, bool, ScoreSource* to) const override {
    to->depth = depth_;
    to->left = rows.at(queries_, first);
    to->right = rows.at(keys_, first);
    to->left_strides = {0, depth_, rows.stride(queries_)};
    to->right_strides = {0, depth_, rows.stride(keys_)};
  }

  size_t bytes() const override { return 0; }

 private:
  Columns queries_, keys_;
  int64_t depth_ = 0;
};

}  // namespace

std::unique_ptr<Score> new_dot_product_score() {
  return std::unique_ptr<Score>(new (std::nothrow) DotProduct);
}

}  // namespace sa
