// From token ids to the hidden states that the first layer reads: words + positions + the first token type,
// normalised, projected where embeddings are narrower than hidden states.
#pragma once

#include <cstdint>

#include "encoder/linear.h"
#include "encoder/norm.h"
#include "encoder/word_table.h"

namespace sa {

struct EmbeddingsView {
  int64_t size = 0;        // columns of the tables
  int64_t vocabulary = 0;  // rows of `words`
  WeightView words;
  WeightView positions;   // the first token of a sequence takes the first row; absent: none
  WeightView token_type;  // one row, added to every token; absent: none
  NormView norm;
  LinearView projection;  // [hidden, size]; absent: size is the hidden size
};

class Embeddings {
 public:
  // False: see the reader, or memory has run out.
  bool load(const KernelSet& kernels, WeightReader* reader, const EmbeddingsView& from, bool quantize);

  const WordTable& words() const { return words_; }

  size_t bytes() const;
  // Floats a token that run() needs as scratch.
  int64_t scratch() const { return size_; }

  // x [tokens, hidden]; `slots` of words(), positions[i] counts from 0 in each sequence. False when memory
  // has run out.
  bool run(const KernelSet& kernels, const int32_t* slots, const int32_t* positions, int64_t tokens,
           float epsilon, float* scratch, float* x) const;

 private:
  int64_t size_ = 0;
  WordTable words_;
  AlignedFloats positions_, token_type_;
  Norm norm_;
  Linear projection_;
};

}  // namespace sa
