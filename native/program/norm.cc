// norm: layer normalisation (kernels/layer_norm/layer_norm.h) or root mean square normalisation
// (kernels/rms_norm/rms_norm.h), of whole rows or of every one of `groups` heads in them.
#include "program/operation.h"
#include "schedule/over_rows.h"
#include "schedule/run.h"

namespace sa {

namespace {

class NormOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    const std::string kind = fields.text("kind");
    rms_ = kind == "rms";
    if (!fields.failed() && !rms_ && kind != "layer") fields.refuse("kind", "layer or rms", kind);
    in_ = read_columns(fields, "in", shape.buffers, 0);
    out_ = read_columns(fields, "out", shape.buffers, in_.count);
    groups_ = fields.integer_or("groups", 1, kLargestSize, 1);
    epsilon_ = static_cast<float>(fields.number("epsilon"));
    if (fields.failed()) return;
    columns_ = in_.count / groups_;
    fields.expect(columns_ * groups_ == in_.count, "groups", "a divisor of " + std::to_string(in_.count),
                  static_cast<double>(groups_));
    const bool in_place = in_.buffer == out_.buffer;
    fields.expect(!in_place || in_.first == out_.first, "out", "the columns of `in`, or another buffer",
                  static_cast<double>(out_.first));
    if (fields.failed()) return;
    fields.tensor("gamma", 1, columns_, &gamma_view_);
    if (!rms_) fields.optional_tensor("beta", 1, columns_, &beta_view_);
  }

  void visit(std::vector<Access>* to) const override {
    if (in_.buffer == out_.buffer) {
      to->push_back({AccessKind::kUpdate, in_});
      return;
    }
    to->push_back({AccessKind::kRead, in_});
    to->push_back({AccessKind::kWrite, out_});
  }

  bool load(const KernelSet&, WeightReader* reader) override {
    return reader->read(gamma_view_, &gamma_) && reader->read(beta_view_, &beta_);
  }

  size_t bytes() const override { return (gamma_.size() + beta_.size()) * sizeof(float); }

  bool run(Pass* pass) const override {
    const Rows& rows = pass->rows;
    const float* x = rows.at(in_);
    float* y = rows.at(out_);
    const ptrdiff_t x_stride = rows.stride(in_), y_stride = rows.stride(out_);
    const int64_t tokens = pass->tokens();
    const KernelSet& kernels = pass->kernels;
    if (x_stride == columns_ && y_stride == columns_) {
      if (rms_) {
        run_rms_norm(kernels, rms(x, y), tokens);
      } else {
        run_layer_norm(kernels, layer(tokens, x, y));
      }
      return true;
    }
    over_rows(tokens, tokens * in_.count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const float* from = x + t * x_stride;
        float* to = y + t * y_stride;
        if (rms_) {
          kernels.rms_norm_rows(rms(from, to), 0, groups_);
        } else {
          kernels.layer_norm_rows(layer(groups_, from, to), 0, groups_);
        }
      }
    });
    return true;
  }

 private:
  RmsNormRows rms(const float* x, float* y) const { return {columns_, x, y, gamma_.data(), epsilon_}; }
  LayerNormRows layer(int64_t rows, const float* x, float* y) const {
    return {rows, columns_, x, y, gamma_.data(), beta_.data(), epsilon_};
  }

  bool rms_ = false;
  Columns in_, out_;
  int64_t groups_ = 1, columns_ = 0;
  float epsilon_ = 0;
  WeightView gamma_view_, beta_view_;
  AlignedFloats gamma_, beta_;
};

}  // namespace

std::unique_ptr<Operation> new_norm_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) NormOperation);
}

}  // namespace sa
