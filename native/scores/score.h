// A score function of attention: where a tile of logits comes from. Each has one file here and one row in
// registry.cc. What it needs of the tokens (queries, keys, hidden layers) stands in rows that operations
// before it have written; it adds tables of its own and tells the kernel how to make logits of both.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "dispatch/kernel_set.h"
#include "scores/rows.h"
#include "weights/fields.h"

namespace sa {

// The heads whose mixture a score function is part of.
struct ScoreHeads {
  int64_t count = 0;
  int64_t kv_group = 1;   // heads that share a head of keys and values
  int64_t positions = 0;  // tokens that a sequence may have
  const std::vector<BufferPlace>* buffers = nullptr;
  // The mixture is this function alone, with no limit of distance: nothing is added to its logits.
  bool alone = false;
};

class Score {
 public:
  virtual ~Score() = default;

  // Its part of the description, but for `kind` and `weight`.
  virtual void read(Fields& fields, const ScoreHeads& heads) = 0;
  // Appends the columns that it reads.
  virtual void reads(std::vector<Columns>* to) const = 0;
  // Reads and prepares its tables. False: see the reader, or memory has run out.
  virtual bool load(const KernelSet& kernels, WeightReader* reader) = 0;
  // What the kernel makes logits of, for the sequence that begins at row `first`. `exact`: the logits are
  // wanted themselves, exponentials will not do.
  virtual void source(const Rows& rows, int64_t first, bool exact, ScoreSource* to) const = 0;
  // Of tables.
  virtual size_t bytes() const = 0;

  float weight = 1.0f;
};

inline constexpr int64_t kLargestScoreSize = 1 << 24;

// `length`, the positions that a table has: every position that a sequence may have needs its row.
inline int64_t read_score_length(Fields& fields, const ScoreHeads& heads) {
  return fields.integer("length", heads.positions, 65536);
}

// Null for a name that there is not.
std::unique_ptr<Score> new_score(const std::string& kind);
// "dot, random, ...": of all.
std::string score_kinds();

}  // namespace sa
