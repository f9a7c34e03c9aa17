// headLinear: out(h) = in(h) W(h) + b(h) for every head h, whose columns lie side by side in `in` and `out`.
#include "program/operation.h"
#include "schedule/run.h"
#include "weights/head_maps.h"

namespace sa {

namespace {

class HeadLinearOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    in_ = read_columns(fields, "in", shape.buffers, 0);
    out_ = read_columns(fields, "out", shape.buffers, 0);
    heads_ = fields.integer("heads", 1, kLargestSize);
    if (fields.failed()) return;
    fields.expect(in_.count % heads_ == 0 && out_.count % heads_ == 0, "heads",
                  "a divisor of " + std::to_string(in_.count) + " and " + std::to_string(out_.count),
                  static_cast<double>(heads_));
    if (fields.failed()) return;
    maps_.read(fields, heads_, in_.count / heads_, out_.count / heads_);
  }

  void visit(std::vector<Access>* to) const override {
    to->push_back({AccessKind::kRead, in_});
    to->push_back({AccessKind::kWrite, out_});
  }

  bool load(const KernelSet& kernels, WeightReader* reader) override { return maps_.load(kernels, reader); }

  size_t bytes() const override { return maps_.bytes(); }

  bool run(Pass* pass) const override {
    Matmul p;
    p.batch = heads_;
    p.m = pass->tokens();
    p.n = maps_.columns();
    p.k = maps_.depth();
    p.a = {pass->rows.at(in_), pass->rows.stride(in_), 1};
    p.a_batch = maps_.depth();
    p.packed_b = maps_.panels();
    p.packed_batch = maps_.panel_stride();
    p.c = pass->rows.at(out_);
    p.c_stride = pass->rows.stride(out_);
    p.c_batch = maps_.columns();
    p.epilogue.bias = maps_.bias();
    p.bias_batch = maps_.bias_stride();
    return run_matmul(pass->kernels, p);
  }

 private:
  Columns in_, out_;
  int64_t heads_ = 1;
  HeadMaps maps_;
};

}  // namespace

std::unique_ptr<Operation> new_head_linear_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) HeadLinearOperation);
}

}  // namespace sa
