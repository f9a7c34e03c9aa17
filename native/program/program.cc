#include "program/program.h"

#include <algorithm>
#include <new>
#include <utility>

#include "program/placement.h"
#include "runtime/allocation.h"
#include "weights/word_table.h"

namespace sa {

std::unique_ptr<Program> Program::read(Fields& fields) {
  std::unique_ptr<Program> program(new (std::nothrow) Program);
  if (program == nullptr) return nullptr;
  program->read_shape(fields);
  if (!fields.failed()) program->read_operations(fields);
  if (fields.failed()) return nullptr;
  Placement placement;
  const Misfit misfit = placement.place(program->operations_, program->order_, program->result_.buffer,
                                        &program->shape_.buffers);
  if (!misfit.expected.empty()) {
    fields.refuse("operations", misfit.expected, misfit.received);
    return nullptr;
  }
  program->floats_ = placement.floats();
  for (const int32_t step : program->order_) {
    program->attention_heads_ += program->operations_[static_cast<size_t>(step)]->attention_heads();
  }
  return program;
}

void Program::read_shape(Fields& fields) {
  shape_.vocabulary = fields.integer("vocabulary", 1, kLargestSize);
  shape_.positions = fields.integer("positions", 1, kLargestSize);
  std::vector<int32_t> columns;
  fields.integers("buffers", Placement::kMostBuffers, &columns);
  if (fields.failed()) return;
  fields.expect(!columns.empty(), "buffers", "one or more", 0);
  for (const int32_t count : columns) {
    fields.expect(count >= 1 && count <= 16 * kLargestSize, "buffers", "columns of buffers, from 1 on",
                  count);
    shape_.buffers.push_back({0, count});
  }
  const int64_t tables = fields.has("rotary") ? fields.items("rotary", 0, 64) : 0;
  for (int64_t i = 0; i < tables && !fields.failed(); ++i) {
    const FieldScope scope(fields, "rotary", i);
    RotaryTable table;
    table.size = fields.integer("size", 2, 65536);
    table.theta = fields.number("theta");
    table.divisor = fields.number("divisor");
    if (fields.failed()) return;
    fields.expect(table.size % 2 == 0, "rotary.size", "an even number", static_cast<double>(table.size));
    fields.expect(table.theta > 0, "rotary.theta", "a positive number", table.theta);
    fields.expect(table.divisor > 0, "rotary.divisor", "a positive number", table.divisor);
    shape_.rotary.push_back(std::move(table));
  }
}

void Program::read_operations(Fields& fields) {
  const int64_t count = fields.items("operations", 0, 65536);
  if (fields.failed()) return;
  fields.expect(try_resize(&operations_, static_cast<size_t>(count)), "operations", "enough memory for them",
                static_cast<double>(count));
  for (int64_t i = 0; i < count && !fields.failed(); ++i) {
    const FieldScope scope(fields, "operations", i);
    const std::string name = fields.text("name");
    if (fields.failed()) return;
    std::unique_ptr<Operation>& operation = operations_[static_cast<size_t>(i)];
    operation = new_operation(name);
    if (operation == nullptr) {
      fields.refuse("name", "one of " + operation_names(), name);
      return;
    }
    operation->read(fields, shape_);
  }
  fields.integers("order", 1 << 20, &order_);
  for (const int32_t step : order_) {
    fields.expect(step >= 0 && step < count, "order", "indices of operations", step);
  }
  result_.buffer =
      static_cast<int32_t>(fields.integer("result", 0, static_cast<int64_t>(shape_.buffers.size()) - 1));
}

bool Program::load(const KernelSet& kernels, std::vector<std::shared_ptr<const ByteSource>> files,
                   WeightReader* reader) {
  kernels_ = &kernels;
  for (const auto& operation : operations_) {
    if (!operation->load(kernels, reader)) return false;
  }
  for (RotaryTable& table : shape_.rotary) {
    if (!table.load(shape_.positions)) return false;
  }
  // Only words are read later: of many shards one stays open.
  for (auto& file : files) {
    const bool read_later = std::any_of(operations_.begin(), operations_.end(), [&](const auto& operation) {
      return operation->words() != nullptr && operation->words()->source() == file.get();
    });
    if (read_later) files_.push_back(std::move(file));
  }
  return true;
}

size_t Program::bytes() const {
  size_t bytes = 0;
  for (const auto& operation : operations_) bytes += operation->bytes();
  for (const RotaryTable& table : shape_.rotary) bytes += table.table.size() * sizeof(float);
  return bytes;
}

std::string Program::problem() const {
  for (const auto& operation : operations_) {
    if (operation->words() == nullptr) continue;
    std::string problem = operation->words()->problem();
    if (!problem.empty()) return problem;
  }
  return "";
}

}  // namespace sa
