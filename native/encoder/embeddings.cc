#include "encoder/embeddings.h"

#include <algorithm>
#include <cmath>

#include "dispatch/run.h"
#include "runtime/thread_pool.h"

namespace sa {

bool Embeddings::quantize_words(const WeightView& from) {
  if (!codes_.allocate((static_cast<size_t>(vocabulary_ * size_) + 3) / 4) ||
      !scales_.allocate(static_cast<size_t>(vocabulary_))) {
    return false;
  }
  int8_t* codes = reinterpret_cast<int8_t*>(codes_.data());
  const int64_t parts = std::min<int64_t>(ThreadPool::instance().threads(), vocabulary_);
  ThreadPool::instance().run(parts, [&](int64_t part) {
    const Range rows = split(vocabulary_, 1, parts, part);
    for (int64_t r = rows.begin; r < rows.end; ++r) {
      float largest = 0.0f, finite = 0.0f;
      for (int64_t j = 0; j < size_; ++j) {
        const float magnitude = std::fabs(float_at(from.data, r * size_ + j));
        largest = magnitude > largest ? magnitude : largest;
        finite += magnitude * 0.0f;
      }
      // As in int8_pack: a row that is not finite has the scale NaN, one with a tiny step counts as zero.
      const float scale = largest / 127.0f + finite;
      const float inverse = scale > 1e-30f ? 1.0f / scale : 0.0f;
      for (int64_t j = 0; j < size_; ++j) {
        // 1.5 * 2^23 pushes the fraction out of the significand: a rounding that compilers vectorise.
        const float shifted = float_at(from.data, r * size_ + j) * inverse + 12582912.0f;
        codes[r * size_ + j] = inverse > 0.0f ? static_cast<int8_t>(shifted - 12582912.0f) : int8_t{0};
      }
      scales_.data()[r] = scale;
    }
  });
  words_.codes = codes;
  words_.scales = scales_.data();
  return true;
}

bool Embeddings::load(const KernelSet& kernels, const EmbeddingsView& from, bool quantize) {
  size_ = from.size;
  vocabulary_ = from.vocabulary;
  const WeightView& words = from.words;
  if (words.dtype == DType::kI8) {
    words_.codes = reinterpret_cast<const int8_t*>(words.data);
    if (!copy_weights({words.scales, words.rows, DType::kF32}, &scales_)) return false;
    words_.scales = scales_.data();
  } else if (quantize) {
    AlignedFloats wide;
    WeightView rows = words;
    if (words.dtype != DType::kF32) {
      if (!copy_weights(words, &wide)) return false;
      rows.data = reinterpret_cast<const uint8_t*>(wide.data());
    }
    if (!quantize_words(rows)) return false;
  } else if (words.dtype == DType::kF32 && reinterpret_cast<uintptr_t>(words.data) % alignof(float) == 0) {
    words_.data = reinterpret_cast<const float*>(words.data);
  } else {
    if (!copy_weights(words, &word_copy_)) return false;
    words_.data = word_copy_.data();
  }
  return copy_weights(from.positions, &positions_) && copy_weights(from.token_type, &token_type_) &&
         norm_.load(from.norm) &&
         (!from.projection.weight.present() ||
          projection_.pack(kernels, size_, &from.projection, 1, quantize));
}

size_t Embeddings::bytes() const {
  const size_t floats =
      word_copy_.size() + codes_.size() + scales_.size() + positions_.size() + token_type_.size();
  return floats * sizeof(float) + norm_.bytes() + projection_.bytes();
}

bool Embeddings::run(const KernelSet& kernels, const int32_t* ids, const int32_t* positions, int64_t tokens,
                     float epsilon, float* scratch, float* x) const {
  const bool projected = projection_.out() > 0;
  float* sum = projected ? scratch : x;
  EmbeddingRows rows;
  rows.columns = size_;
  rows.tables[0] = words_;
  rows.tables[0].ids = ids;
  rows.tables[1].data = positions_.data();
  rows.tables[1].ids = positions;
  rows.tables[2].data = token_type_.data();
  rows.y = sum;
  run_embedding(kernels, rows, tokens);
  if (norm_.present()) norm_.run(kernels, sum, tokens, epsilon, sum);
  return !projected || projection_.run(kernels, sum, size_, tokens, x);
}

}  // namespace sa
