// glu: the gated linear unit of rows [2 columns], in place (kernels/glu/glu.h): what it gives stands in their
// first half.
#include "program/operation.h"
#include "schedule/run.h"

namespace sa {

namespace {

class GluOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    rows_ = read_columns(fields, "rows", shape.buffers, 0);
    activation_ = static_cast<Activation>(fields.integer("activation", 0, 4));
    if (fields.failed()) return;
    const int64_t columns = shape.buffers[static_cast<size_t>(rows_.buffer)].columns;
    fields.expect(rows_.count == columns && columns % 2 == 0, "rows", "all columns, an even number of them",
                  static_cast<double>(rows_.count));
  }

  void visit(std::vector<Access>* to) const override { to->push_back({AccessKind::kUpdate, rows_}); }

  bool load(const KernelSet&, WeightReader*) override { return true; }

  bool run(Pass* pass) const override {
    run_glu(pass->kernels, {rows_.count / 2, pass->rows.at(rows_), activation_}, pass->tokens());
    return true;
  }

 private:
  Columns rows_;
  Activation activation_ = Activation::kNone;
};

}  // namespace

std::unique_ptr<Operation> new_glu_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) GluOperation);
}

}  // namespace sa
