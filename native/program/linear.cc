// linear: out = activation(in W^T + b) + residual, W the stack of `parts` along their outputs.
#include "program/operation.h"
#include "runtime/allocation.h"
#include "weights/linear.h"

namespace sa {

namespace {

class LinearOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    in_ = read_columns(fields, "in", shape.buffers, 0);
    out_ = read_columns(fields, "out", shape.buffers, 0);
    if (fields.has("residual")) residual_ = read_columns(fields, "residual", shape.buffers, out_.count);
    activation_ = static_cast<Activation>(fields.integer_or("activation", 0, 4, 0));
    int8_ = fields.flag("int8");
    const int64_t parts = fields.items("parts", 1, 4096);
    if (fields.failed()) return;
    if (residual_.present()) {
      const int64_t columns = shape.buffers[static_cast<size_t>(residual_.buffer)].columns;
      fields.expect(columns == residual_.count, "residual", "all columns of a buffer",
                    static_cast<double>(residual_.count));
    }
    fields.expect(try_resize(&parts_, static_cast<size_t>(parts)), "parts", "enough memory for them",
                  static_cast<double>(parts));
    if (fields.failed()) return;
    int64_t out = 0;
    for (int64_t i = 0; i < parts && !fields.failed(); ++i) {
      const FieldScope scope(fields, "parts", i);
      LinearView& part = parts_[static_cast<size_t>(i)];
      out += part.out = fields.integer("columns", 1, kLargestSize);
      if (fields.failed()) return;
      fields.tensor("weight", part.out, in_.count, &part.weight);
      fields.optional_tensor("bias", 1, part.out, &part.bias);
    }
    fields.expect(out == out_.count, "parts", std::to_string(out_.count) + " columns in all",
                  static_cast<double>(out));
  }

  void visit(std::vector<Access>* to) const override {
    to->push_back({AccessKind::kRead, in_});
    if (residual_.present()) to->push_back({AccessKind::kRead, residual_});
    to->push_back({AccessKind::kWrite, out_});
  }

  bool load(const KernelSet& kernels, WeightReader* reader) override {
    return linear_.pack(kernels, reader, in_.count, parts_.data(), static_cast<int>(parts_.size()), int8_);
  }

  size_t bytes() const override { return linear_.bytes(); }

  bool run(Pass* pass) const override {
    const Rows& rows = pass->rows;
    return linear_.run(pass->kernels, rows.at(in_), rows.stride(in_), pass->tokens(), rows.at(out_),
                       activation_, residual_.present() ? rows.at(residual_) : nullptr);
  }

 private:
  Columns in_, out_, residual_;
  Activation activation_ = Activation::kNone;
  bool int8_ = false;
  std::vector<LinearView> parts_;
  Linear linear_;
};

}  // namespace

std::unique_ptr<Operation> new_linear_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) LinearOperation);
}

}  // namespace sa
