// What a program runs over and what becomes of it.
#pragma once

#include <cstdint>

namespace sa {

// What to make of the rows of a sequence; but for kTokens the values of Pooling.
enum class EncodeOutput : int32_t { kMean = 0, kTokens = 3, kLast = 6 };

// What became of a sequence. Rows of one that is not done are zeros.
enum class SequenceStatus : uint8_t {
  kDone = 0,
  kNotFinite = 1,  // a hidden state or a number of its rows is NaN or infinite
  kUnread = 2,     // a word it has could not be read from the weights file
};

struct EncodeBatch {
  const int32_t* ids = nullptr;      // [offsets[sequences]], each in [0, vocabulary)
  const int32_t* offsets = nullptr;  // [sequences + 1], ascending from 0; no sequence longer than `positions`
  int64_t sequences = 0;
  EncodeOutput output = EncodeOutput::kMean;
  int64_t skip = 0;  // leading tokens that averages and maxima leave out
  bool normalize = false;
  float* out = nullptr;              // [sequences, columns], or [tokens, columns] for kTokens
  SequenceStatus* status = nullptr;  // [sequences]
  // [attentions applied, heads, tokens, tokens] or null: where to write the attention weights of one
  // sequence, the only one.
  float* attention = nullptr;
};

}  // namespace sa
