// One step of a program: a coarse operation over the rows of all tokens of a pass. Each has one file here and
// one row in operations.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "dispatch/kernel_set.h"
#include "program/batch.h"
#include "program/rotary_table.h"
#include "scores/rows.h"
#include "weights/fields.h"

namespace sa {

class WordTable;

inline constexpr int64_t kLargestSize = 1 << 24;

// What all operations of a program share.
struct ProgramShape {
  int64_t vocabulary = 0;
  int64_t positions = 0;  // tokens a sequence may have
  std::vector<BufferPlace> buffers;
  std::vector<RotaryTable> rotary;
};

// Some whole sequences on their way through a program.
struct Pass {
  const KernelSet& kernels;
  const ProgramShape& shape;
  Rows rows;
  const int32_t* ids = nullptr;        // [tokens]
  const int32_t* offsets = nullptr;    // [sequences + 1]; the first one is not 0 within a batch
  const int32_t* positions = nullptr;  // [tokens], from 0 in each sequence
  int64_t sequences = 0;
  SequenceStatus* status = nullptr;  // [sequences]
  // Where the next attention writes its weights [heads, tokens, tokens], of the only sequence; or null.
  float* weights = nullptr;

  int64_t tokens() const { return rows.tokens; }
  int64_t begin(int64_t sequence) const { return offsets[sequence] - offsets[0]; }
  int64_t length(int64_t sequence) const { return offsets[sequence + 1] - offsets[sequence]; }
};

enum class AccessKind {
  kRead,
  kWrite,   // every column of a buffer, which the operation does not read
  kUpdate,  // reads and writes columns in place
};

struct Access {
  AccessKind kind;
  Columns columns;
};

class Operation {
 public:
  virtual ~Operation() = default;

  // Its description, but for its name: sizes, columns, tensors.
  virtual void read(Fields& fields, const ProgramShape& shape) = 0;
  // Appends what it reads and writes.
  virtual void visit(std::vector<Access>* to) const = 0;
  // Packs its weights. False: see the reader, or memory has run out.
  virtual bool load(const KernelSet& kernels, WeightReader* reader) = 0;
  // Of weights.
  virtual size_t bytes() const { return 0; }
  // False when memory has run out.
  virtual bool run(Pass* pass) const = 0;

  // Heads whose attention weights it can give.
  virtual int64_t attention_heads() const { return 0; }
  // The words that it reads from a weights file later on.
  virtual const WordTable* words() const { return nullptr; }
};

// Null for a name that there is not.
std::unique_ptr<Operation> new_operation(const std::string& name);
// "embed, linear, ...": of all.
std::string operation_names();

}  // namespace sa
