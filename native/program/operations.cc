#include "program/operation.h"

namespace sa {

// What makes each, in the file of its name.
std::unique_ptr<Operation> new_embed_operation();
std::unique_ptr<Operation> new_linear_operation();
std::unique_ptr<Operation> new_head_linear_operation();
std::unique_ptr<Operation> new_norm_operation();
std::unique_ptr<Operation> new_rotary_operation();
std::unique_ptr<Operation> new_glu_operation();
std::unique_ptr<Operation> new_attention_operation();

namespace {

struct Row {
  const char* name;
  std::unique_ptr<Operation> (*make)();
};

constexpr Row kOperations[] = {
    {"embed", new_embed_operation},
    {"linear", new_linear_operation},
    {"headLinear", new_head_linear_operation},
    {"norm", new_norm_operation},
    {"rotary", new_rotary_operation},
    {"glu", new_glu_operation},
    {"attention", new_attention_operation},
};

}  // namespace

std::unique_ptr<Operation> new_operation(const std::string& name) {
  for (const Row& row : kOperations) {
    if (name == row.name) return row.make();
  }
  return nullptr;
}

std::string operation_names() {
  std::string all;
  for (const Row& row : kOperations) all += (all.empty() ? "" : ", ") + std::string(row.name);
  return all;
}

}  // namespace sa
