#include "binding/program_fields.h"

#include "runtime/allocation.h"

namespace sa {

bool ProgramFields::has(const char* name) {
  if (failed()) return false;
  const Napi::Value value = arguments_.get(name);
  return !failed() && !value.IsUndefined() && !value.IsNull();
}

int64_t ProgramFields::integer(const char* name, int64_t low, int64_t high) {
  return failed() ? 0 : arguments_.integer(name, low, high);
}

double ProgramFields::number(const char* name) { return failed() ? 0 : arguments_.number(name); }

bool ProgramFields::boolean(const char* name) { return !failed() && arguments_.boolean(name); }

std::string ProgramFields::text(const char* name) { return failed() ? "" : arguments_.text(name); }

void ProgramFields::integers(const char* name, int64_t most, std::vector<int32_t>* to) {
  if (failed()) return;
  Buffer<int32_t> copy;
  if (!arguments_.copy(name, &copy)) return;
  const int64_t count = static_cast<int64_t>(copy.size());
  expect(count <= most, name, "at most " + std::to_string(most) + " elements", static_cast<double>(count));
  if (failed()) return;
  if (!try_resize(to, copy.size())) {
    arguments_.fail_memory(name, 4.0 * static_cast<double>(count));
    return;
  }
  for (size_t i = 0; i < copy.size(); ++i) (*to)[i] = copy[i];
}

void ProgramFields::tensor(const char* name, int64_t rows, int64_t columns, WeightView* to) {
  if (failed()) return;
  const FieldScope scope(*this, name);
  if (failed()) return;
  Placed placed = {to, 0, arguments_.size("begin"), 0};
  placed.file = integer_or("file", 0, files_ - 1, 0);
  if (failed()) return;
  to->count = arguments_.size("count");
  to->dtype = static_cast<DType>(integer("dtype", 0, 3));
  // As doubles: no product of sizes can overflow.
  const double count = static_cast<double>(rows) * static_cast<double>(columns);
  expect(static_cast<double>(to->count) == count, name,
         std::to_string(static_cast<int64_t>(count)) + " elements", static_cast<double>(to->count));
  if (failed()) return;
  if (to->dtype == DType::kI8) {
    placed.scales_begin = arguments_.size("scalesBegin");
    to->rows = rows;
  }
  placed_.push_back(placed);
}

int64_t ProgramFields::items(const char* name, int64_t low, int64_t high) {
  if (failed()) return 0;
  const Napi::Value list = arguments_.get(name);
  if (failed()) return 0;
  const int64_t count = list.IsArray() ? list.As<Napi::Array>().Length() : -1;
  if (count >= low && count <= high) return count;
  arguments_.fail(name, "an array of " + std::to_string(low) + " to " + std::to_string(high) + " objects",
                  list.IsArray() ? std::to_string(count) : describe_value(list));
  return 0;
}

void ProgramFields::expect(bool holds, const char* subject, const std::string& expected, double received) {
  if (!failed()) arguments_.expect(holds, subject, expected, received);
}

void ProgramFields::refuse(const char* subject, const std::string& expected, const std::string& received) {
  if (!failed()) arguments_.fail(subject, expected, received);
}

void ProgramFields::enter(const char* name) {
  const Napi::Value value = failed() ? arguments_.env().Undefined() : arguments_.get(name);
  scopes_.push_back(failed() ? nullptr : std::make_unique<Arguments::Scope>(arguments_, value));
}

void ProgramFields::enter(const char* name, int64_t index) {
  Napi::Value value;
  if (!failed()) value = arguments_.get(name);
  if (!failed() && value.IsArray()) value = value.As<Napi::Array>().Get(static_cast<uint32_t>(index));
  scopes_.push_back(failed() ? nullptr : std::make_unique<Arguments::Scope>(arguments_, value));
}

void ProgramFields::leave() { scopes_.pop_back(); }

}  // namespace sa
