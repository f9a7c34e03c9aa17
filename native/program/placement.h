// Where the buffers of a program lie, and whether its operations fit together.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "program/operation.h"

namespace sa {

// What is wrong with the operations of a program; both empty when nothing is.
struct Misfit {
  std::string expected, received;
};

// Buffers that hold something at the same time get places of their own; others share memory, which keeps the
// rows of a pass near the core.
class Placement {
 public:
  static constexpr size_t kMostBuffers = 256;

  // `operations` in the order of `order`; `result` is the buffer that is read behind the last one. Sets the
  // places of `buffers`, whose columns are known. Wrong are a buffer that is read before it is written, one
  // that an operation reads and overwrites at once, and one that is written in part.
  Misfit place(const std::vector<std::unique_ptr<Operation>>& operations, const std::vector<int32_t>& order,
               int32_t result, std::vector<BufferPlace>* buffers);

  // Floats a token that all of them take.
  int64_t floats() const { return floats_; }

 private:
  // A bit a buffer.
  using Set = std::bitset<kMostBuffers>;
  struct Use {
    Set reads, writes;
  };
  Misfit use_of(const Operation& operation, const std::vector<BufferPlace>& buffers, Use* to) const;
  void assign(const std::vector<Set>& conflicts, std::vector<BufferPlace>* buffers);

  int64_t floats_ = 0;
};

}  // namespace sa
