#include "encoder/embeddings.h"

#include "dispatch/run.h"

namespace sa {

bool Embeddings::load(const KernelSet& kernels, WeightReader* reader, const EmbeddingsView& from,
                      bool quantize) {
  size_ = from.size;
  return words_.load(reader, from.words, from.vocabulary, quantize) &&
         reader->read(from.positions, &positions_) && reader->read(from.token_type, &token_type_) &&
         norm_.load(reader, from.norm) &&
         (!from.projection.weight.present() ||
          projection_.pack(kernels, reader, size_, &from.projection, 1, quantize));
}

size_t Embeddings::bytes() const {
  const size_t floats = positions_.size() + token_type_.size();
  return floats * sizeof(float) + words_.bytes() + norm_.bytes() + projection_.bytes();
}

bool Embeddings::run(const KernelSet& kernels, const int32_t* slots, const int32_t* positions, int64_t tokens,
                     float epsilon, float* scratch, float* x) const {
  const bool projected = projection_.out() > 0;
  float* sum = projected ? scratch : x;
  EmbeddingRows rows;
  rows.columns = size_;
  rows.tables[0] = words_.table();
  rows.tables[0].ids = slots;
  rows.tables[1].data = positions_.data();
  rows.tables[1].ids = positions;
  rows.tables[2].data = token_type_.data();
  rows.y = sum;
  run_embedding(kernels, rows, tokens);
  if (norm_.present()) norm_.run(kernels, sum, tokens, epsilon, sum);
  return !projected || projection_.run(kernels, sum, size_, tokens, x);
}

}  // namespace sa
