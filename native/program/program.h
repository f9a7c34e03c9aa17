// A forward pass as a list of operations over packed sequences: sequences of different lengths lie end to end
// and no padding is ever computed. What the operations are and how they fit together comes from outside
// (lib/program); here they are checked once, keep their weights, and are run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "program/operation.h"
#include "runtime/source_file.h"

namespace sa {

class Program {
 public:
  // From a description: {vocabulary, positions, buffers: columns of each, rotary: [{size, theta, divisor}],
  // operations: [{name, ...}], order: indices of operations as they are applied, again and again where
  // weights are shared, result: the buffer with the rows that are wanted}. Null when fields.failed(), or when
  // there is no memory for it.
  static std::unique_ptr<Program> read(Fields& fields);

  // Loads the weights. Of `files` it keeps those that are read later on: with words. False: see the reader,
  // or memory has run out.
  bool load(const KernelSet& kernels, std::vector<std::shared_ptr<const ByteSource>> files,
            WeightReader* reader);

  const ProgramShape& shape() const { return shape_; }
  // Of the rows that it gives.
  int64_t columns() const { return shape_.buffers[static_cast<size_t>(result_.buffer)].columns; }
  // Heads of all attentions in the order in which they are applied: what EncodeBatch::attention has room for.
  int64_t attention_heads() const { return attention_heads_; }
  // Bytes of memory of its own, without the words that were read so far.
  size_t bytes() const;

  // False when memory has run out. Any thread.
  bool encode(const EncodeBatch& batch) const;
  // Why a sequence was kUnread, a sentence.
  std::string problem() const;

 private:
  Program() = default;
  void read_shape(Fields& fields);
  void read_operations(Fields& fields);
  bool forward(const EncodeBatch& batch, int64_t first, int64_t last) const;
  void finish(const EncodeBatch& batch, int64_t first, int64_t last, const float* x) const;
  void judge(const EncodeBatch& batch, int64_t sequence, const float* x) const;

  const KernelSet* kernels_ = nullptr;
  ProgramShape shape_;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<int32_t> order_;
  Columns result_;
  int64_t floats_ = 0, attention_heads_ = 0;
  std::vector<std::shared_ptr<const ByteSource>> files_;
};

}  // namespace sa
