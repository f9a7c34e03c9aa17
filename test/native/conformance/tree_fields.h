// The description of a program as a tree in memory, in place of JavaScript's objects.
#pragma once

#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weights/fields.h"

namespace sa_test {

struct Node {
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<int32_t>> arrays;
  std::map<std::string, sa::WeightView> tensors;
  std::map<std::string, Node> nodes;
  std::map<std::string, std::vector<Node>> lists;
};

// Columns of a buffer.
inline Node columns(int64_t buffer, int64_t first, int64_t count) {
  Node node;
  node.numbers = {{"buffer", static_cast<double>(buffer)},
                  {"first", static_cast<double>(first)},
                  {"count", static_cast<double>(count)}};
  return node;
}

class TreeFields final : public sa::Fields {
 public:
  explicit TreeFields(const Node& root) : path_({&root}) {}

  // What was wrong first.
  const std::string& problem() const { return problem_; }

  bool failed() const override { return !problem_.empty(); }

  bool has(const char* name) override {
    const Node& n = node();
    return n.numbers.count(name) + n.texts.count(name) + n.arrays.count(name) + n.tensors.count(name) +
               n.nodes.count(name) + n.lists.count(name) >
           0;
  }

  int64_t integer(const char* name, int64_t low, int64_t high) override {
    const double value = number(name);
    expect(value >= static_cast<double>(low) && value <= static_cast<double>(high), name, "another integer",
           value);
    return failed() ? low : static_cast<int64_t>(value);
  }

  double number(const char* name) override { return find(node().numbers, name, 0.0); }
  bool boolean(const char* name) override { return number(name) != 0; }
  std::string text(const char* name) override { return find(node().texts, name, std::string()); }

  void integers(const char* name, int64_t most, std::vector<int32_t>* to) override {
    *to = find(node().arrays, name, std::vector<int32_t>());
    expect(static_cast<int64_t>(to->size()) <= most, name, "fewer", static_cast<double>(to->size()));
  }

  void tensor(const char* name, int64_t rows, int64_t columns, sa::WeightView* to) override {
    *to = find(node().tensors, name, sa::WeightView());
    expect(to->count == rows * columns, name, std::to_string(rows * columns) + " elements",
           static_cast<double>(to->count));
    if (to->dtype == sa::DType::kI8) to->rows = rows;
  }

  int64_t items(const char* name, int64_t low, int64_t high) override {
    const auto found = node().lists.find(name);
    const int64_t count = found == node().lists.end() ? -1 : static_cast<int64_t>(found->second.size());
    expect(count >= low && count <= high, name, "another number of items", static_cast<double>(count));
    return failed() ? 0 : count;
  }

  void expect(bool holds, const char* subject, const std::string& expected, double received) override {
    if (!holds) refuse(subject, expected, std::to_string(received));
  }

  void refuse(const char* subject, const std::string& expected, const std::string& received) override {
    if (problem_.empty())
      problem_ = std::string(subject) + ": expected " + expected + " but received " + received;
  }

  void enter(const char* name) override {
    const auto found = node().nodes.find(name);
    if (found == node().nodes.end()) refuse(name, "an object", "none");
    path_.push_back(found == node().nodes.end() ? &nothing_ : &found->second);
  }

  void enter(const char* name, int64_t index) override {
    const auto found = node().lists.find(name);
    const bool there = found != node().lists.end() && index < static_cast<int64_t>(found->second.size());
    if (!there) refuse(name, "an item", "none");
    path_.push_back(there ? &found->second[static_cast<size_t>(index)] : &nothing_);
  }

  void leave() override { path_.pop_back(); }

 private:
  const Node& node() const { return *path_.back(); }

  template <typename T>
  T find(const std::map<std::string, T>& map, const char* name, T fallback) {
    const auto found = map.find(name);
    if (found == map.end()) refuse(name, "a value", "none");
    return found == map.end() ? fallback : found->second;
  }

  std::vector<const Node*> path_;
  Node nothing_;
  std::string problem_;
};

}  // namespace sa_test
