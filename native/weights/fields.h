// What a part of a program is described by: named numbers, tensors and nested parts. The binding reads them
// from JavaScript's objects, the tests from trees of their own. The first field that is wrong makes all later
// reads give zeros: whoever reads asks failed() once, at the end, or before it computes with what it read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weights/weights.h"

namespace sa {

class Fields {
 public:
  virtual ~Fields() = default;

  virtual bool failed() const = 0;
  // Neither undefined nor null.
  virtual bool has(const char* name) = 0;
  virtual int64_t integer(const char* name, int64_t low, int64_t high) = 0;
  virtual double number(const char* name) = 0;
  virtual bool boolean(const char* name) = 0;
  // Of at most 63 bytes.
  virtual std::string text(const char* name) = 0;
  // At most `most` integers; false where there is no memory for them.
  virtual void integers(const char* name, int64_t most, std::vector<int32_t>* to) = 0;
  // A tensor of rows * columns elements. `to` has to stay where it is until the weights are loaded.
  virtual void tensor(const char* name, int64_t rows, int64_t columns, WeightView* to) = 0;
  // Objects of an array, from `low` to `high` of them.
  virtual int64_t items(const char* name, int64_t low, int64_t high) = 0;
  // Records a failure unless `holds`.
  virtual void expect(bool holds, const char* subject, const std::string& expected, double received) = 0;

  // Records a failure.
  virtual void refuse(const char* subject, const std::string& expected, const std::string& received) = 0;

  // Fields of a nested object, or of an item of an array, until it is left.
  virtual void enter(const char* name) = 0;
  virtual void enter(const char* name, int64_t index) = 0;
  virtual void leave() = 0;

  // The number under `name`, or `fallback` where there is none.
  int64_t integer_or(const char* name, int64_t low, int64_t high, int64_t fallback) {
    return has(name) ? integer(name, low, high) : fallback;
  }
  bool flag(const char* name) { return has(name) && boolean(name); }
  void optional_tensor(const char* name, int64_t rows, int64_t columns, WeightView* to) {
    if (has(name)) tensor(name, rows, columns, to);
  }
};

// A nested object for as long as this lives.
class FieldScope {
 public:
  FieldScope(Fields& fields, const char* name) : fields_(fields) { fields_.enter(name); }
  FieldScope(Fields& fields, const char* name, int64_t index) : fields_(fields) {
    fields_.enter(name, index);
  }
  ~FieldScope() { fields_.leave(); }
  FieldScope(const FieldScope&) = delete;
  FieldScope& operator=(const FieldScope&) = delete;

 private:
  Fields& fields_;
};

}  // namespace sa
