// The description of a program as JavaScript gives it: nested objects, and tensors as references into weights
// files.
#pragma once

#include "binding/node_api.h"

#include <memory>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "weights/fields.h"

namespace sa {

class ProgramFields final : public Fields {
 public:
  // Where a view is in the files, once they are open.
  struct Placed {
    WeightView* view;
    int64_t file, begin, scales_begin;
  };

  // Tensors are in one of `files` files.
  ProgramFields(Arguments& arguments, int64_t files, std::vector<Placed>* placed)
      : arguments_(arguments), files_(files), placed_(*placed) {}

  bool failed() const override { return arguments_.failed(); }
  bool has(const char* name) override;
  int64_t integer(const char* name, int64_t low, int64_t high) override;
  double number(const char* name) override;
  bool boolean(const char* name) override;
  std::string text(const char* name) override;
  void integers(const char* name, int64_t most, std::vector<int32_t>* to) override;
  void tensor(const char* name, int64_t rows, int64_t columns, WeightView* to) override;
  int64_t items(const char* name, int64_t low, int64_t high) override;
  void expect(bool holds, const char* subject, const std::string& expected, double received) override;
  void refuse(const char* subject, const std::string& expected, const std::string& received) override;
  void enter(const char* name) override;
  void enter(const char* name, int64_t index) override;
  void leave() override;

 private:
  Arguments& arguments_;
  int64_t files_;
  std::vector<Placed>& placed_;
  std::vector<std::unique_ptr<Arguments::Scope>> scopes_;
};

}  // namespace sa
