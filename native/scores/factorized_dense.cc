// Factorized dense scores: logits(i, j) = A(i, j mod a) B(i, j / a) of rows [A | B] a head that were mapped
// before (Tay et al., arXiv 2005.00743); a = `tile`, B has length / a columns.
#include "scores/score.h"

namespace sa {

namespace {

class FactorizedDense final : public Score {
 public:
  void read(Fields& fields, const ScoreHeads& heads) override {
    const int64_t length = read_score_length(fields, heads);
    tile_ = fields.integer("tile", 1, length);
    if (fields.failed()) return;
    fields.expect(length % tile_ == 0, "tile", "a divisor of " + std::to_string(length),
                  static_cast<double>(tile_));
    columns_ = tile_ + length / tile_;
    factors_ = read_columns(fields, "factors", *heads.buffers, heads.count * columns_);
  }

  void reads(std::vector<Columns>* to) const override { to->push_back(factors_); }

  bool load(const KernelSet&, WeightReader*) override { return true; }

  void source(const Rows& rows, int64_t first, bool, ScoreSource* to) const override {
    to->kind = ScoreKind::kOuter;
    to->depth = tile_;
    to->left = rows.at(factors_, first);
    to->right = to->left + tile_;
    to->left_strides = to->right_strides = {0, columns_, rows.stride(factors_)};
  }

  size_t bytes() const override { return 0; }

 private:
  Columns factors_;
  int64_t tile_ = 0, columns_ = 0;
};

}  // namespace

std::unique_ptr<Score> new_factorized_dense_score() {
  return std::unique_ptr<Score>(new (std::nothrow) FactorizedDense);
}

}  // namespace sa
