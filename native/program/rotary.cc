// rotary: turns the heads of some columns by the position of their token (kernels/rotary/rotary.h).
#include <cmath>

#include "program/operation.h"
#include "schedule/run.h"

namespace sa {

bool RotaryTable::load(int64_t positions) {
  const int64_t half = size / 2;
  if (!table.allocate(static_cast<size_t>(positions * size))) return false;
  for (int64_t i = 0; i < half; ++i) {
    const double frequency = std::pow(theta, -static_cast<double>(i) / static_cast<double>(half)) / divisor;
    for (int64_t p = 0; p < positions; ++p) {
      const double angle = static_cast<double>(p) * frequency;
      table.data()[p * size + i] = static_cast<float>(std::cos(angle));
      table.data()[p * size + half + i] = static_cast<float>(std::sin(angle));
    }
  }
  return true;
}

namespace {

class RotaryOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    table_ = static_cast<size_t>(fields.integer("table", 0, static_cast<int64_t>(shape.rotary.size()) - 1));
    heads_ = fields.integer("heads", 1, kLargestSize);
    rows_ = read_columns(fields, "rows", shape.buffers, 0);
    if (fields.failed()) return;
    fields.expect(rows_.count % heads_ == 0, "heads", "a divisor of " + std::to_string(rows_.count),
                  static_cast<double>(heads_));
    const int64_t size = shape.rotary[table_].size;
    fields.expect(size <= rows_.count / heads_, "table",
                  "one of at most " + std::to_string(rows_.count / heads_), static_cast<double>(size));
  }

  void visit(std::vector<Access>* to) const override { to->push_back({AccessKind::kUpdate, rows_}); }

  bool load(const KernelSet&, WeightReader*) override { return true; }

  bool run(Pass* pass) const override {
    const RotaryTable& table = pass->shape.rotary[table_];
    RotaryRows p;
    p.heads = heads_;
    p.size = rows_.count / heads_;
    p.half = table.size / 2;
    p.x = pass->rows.at(rows_);
    p.stride = pass->rows.stride(rows_);
    p.positions = pass->positions;
    p.table = table.table.data();
    run_rotary(pass->kernels, p, pass->tokens());
    return true;
  }

 private:
  size_t table_ = 0;
  int64_t heads_ = 0;
  Columns rows_;
};

}  // namespace

std::unique_ptr<Operation> new_rotary_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) RotaryOperation);
}

}  // namespace sa
