// Dense scores: logits(i, j) = (h(i) W2 + b2)(j) of rows h = ReLU(x W1 + b1) that were projected before (Tay
// et al., arXiv 2005.00743). W2 [maps, depth, length]; maps is 1 where all heads have one.
#include "scores/score.h"
#include "weights/head_maps.h"

namespace sa {

namespace {

class Dense final : public Score {
 public:
  void read(Fields& fields, const ScoreHeads& heads) override {
    hidden_ = read_columns(fields, "hidden", *heads.buffers, 0);
    if (fields.failed()) return;
    const int64_t length = read_score_length(fields, heads), depth = hidden_.count / heads.count;
    fields.expect(depth * heads.count == hidden_.count, "hidden",
                  "a multiple of " + std::to_string(heads.count) + " columns",
                  static_cast<double>(hidden_.count));
    if (fields.failed()) return;
    maps_.read(fields, heads.count, depth, length);
  }

  void reads(std::vector<Columns>* to) const override { to->push_back(hidden_); }

  bool load(const KernelSet& kernels, WeightReader* reader) override { return maps_.load(kernels, reader); }

  void source(const Rows& rows, int64_t first, bool, ScoreSource* to) const override {
    to->kind = ScoreKind::kPanels;
    to->depth = maps_.depth();
    to->left = rows.at(hidden_, first);
    to->left_strides = {0, maps_.depth(), rows.stride(hidden_)};
    to->right = maps_.panels();
    to->right_strides = {0, maps_.panel_stride(), 0};
    to->bias = maps_.bias();
    to->bias_head = maps_.bias_stride();
  }

  size_t bytes() const override { return maps_.bytes(); }

 private:
  Columns hidden_;
  HeadMaps maps_;
};

}  // namespace

std::unique_ptr<Score> new_dense_score() { return std::unique_ptr<Score>(new (std::nothrow) Dense); }

}  // namespace sa
