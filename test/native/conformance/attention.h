// An attention problem with its operands, and its float64 reference.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "conformance/check.h"

namespace sa_test {

struct AttentionProblem {
  sa::Attention call;
  std::string name;
  // Operands that the call points to, and the plain matrix behind a source of packed panels.
  std::vector<std::unique_ptr<Buffer<float>>> floats;
  std::unique_ptr<Buffer<uint8_t>> mask;
  struct Panels {
    const float* data = nullptr;  // [depth, columns] a head
    ptrdiff_t batch = 0, head = 0, row = 0;
  };
  Panels panels[sa::kMaxScoreSources];
  // Columns of a prepared matrix: exponentials are relative to the maximum of all of them.
  int64_t prepared_columns = 0;

  Buffer<float>& add(Random& random, int64_t size) {
    floats.emplace_back(new Buffer<float>(random, size));
    return *floats.back();
  }
};

// Outputs of a call: elements that the problem does not cover are watched.
struct AttentionOutput {
  AttentionOutput(Case& c, sa::Attention* call);
  // Queries [begin, end) of one head, against float64.
  void compare(Case& c, const AttentionProblem& p, int64_t b, int64_t h, int64_t begin, int64_t end);
  void untouched(Case& c);

  std::unique_ptr<Buffer<float>> out, weights;
  std::vector<char> out_written, weights_written;
};

}  // namespace sa_test
