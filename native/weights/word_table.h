// The rows of the word table that texts have needed so far. Most texts use a small part of a vocabulary, and
// tables are large: 47 MB of 91 in all-MiniLM-L6-v2, 384 MB of 470 in a multilingual model of its size. So a
// row is read from its file when it is first needed, and stays.
//
// Rows lie side by side in the order in which they came. A row that is there is found without a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "weights/weights.h"
#include "kernels/embedding/embedding.h"
#include "runtime/reserved_memory.h"

namespace sa {

class WordTable {
 public:
  // `words` [rows, columns]. `quantize` keeps 8 bits a number of a table that has more. The source must live
  // as long. Any number may turn out to be NaN later. False: see the reader, or memory has run out.
  bool load(WeightReader* reader, const WeightView& words, int64_t rows, bool quantize);

  // slots[i]: the row of table() that is word ids[i], read if need be; 0, a row of zeros, where it cannot be
  // read. Any thread. False when memory has run out.
  bool find(const int32_t* ids, int64_t count, int32_t* slots) const;

  // Rows by slot.
  EmbeddingTable table() const;

  // Why a row could not be read; empty when none has failed.
  std::string problem() const;

  // What rows are read from.
  const ByteSource* source() const { return words_.source; }

  // Memory that does not depend on what was read.
  size_t bytes() const;

 private:
  bool fetch(const int32_t* ids, int64_t count, int32_t* slots) const;
  std::string read_rows(int32_t first, int64_t count, int64_t slot, uint8_t* bytes) const;

  WeightView words_;
  int64_t rows_ = 0, columns_ = 0;
  bool codes_ = false;                             // rows are kept as 8-bit codes and a scale each
  AlignedFloats scales_;                           // of all words, where the file has codes
  std::unique_ptr<std::atomic<int32_t>[]> slots_;  // of every word; 0: not there
  // [rows + 1, columns]; provided as far as slots are used.
  mutable ReservedMemory memory_, slot_scales_;
  mutable std::mutex mutex_;  // of what follows, and of what is written to memory_
  mutable int64_t used_ = 1;
  mutable std::string problem_;
};

}  // namespace sa
