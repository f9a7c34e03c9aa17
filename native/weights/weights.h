// A model's tensors as references into the files that hold them, and their way to float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/source_file.h"
#include "runtime/workspace.h"

namespace sa {

enum class DType : int32_t { kF32 = 0, kF16 = 1, kBF16 = 2, kI8 = 3 };

inline size_t dtype_size(DType dtype) { return dtype == DType::kF32 ? 4 : dtype == DType::kI8 ? 1 : 2; }

// `count` elements from byte `begin` of a source on. An absent tensor has no source.
struct WeightView {
  const ByteSource* source = nullptr;
  uint64_t begin = 0;
  int64_t count = 0;
  DType dtype = DType::kF32;
  // kI8: a row of count / rows elements is its codes times its scale; the scales are [rows] float32.
  uint64_t scales_begin = 0;
  int64_t rows = 0;

  bool present() const { return source != nullptr; }
};

// `count` numbers of 4 or 2 bytes, at any alignment.
void convert_floats(const uint8_t* from, int64_t count, DType dtype, float* to);

// Reads tensors one after the other, with memory of its own for what is on the way. After a failure nothing
// more is read.
class WeightReader {
 public:
  enum class Failure { kNone, kMemory, kSource, kNotFinite };

  // All return false or null after a failure. A tensor that holds NaN or an infinity is one.
  bool read(const WeightView& from, float* to);
  // Nothing for an absent tensor.
  bool read(const WeightView& from, AlignedFloats* to);
  // Where the next call writes too.
  const float* read(const WeightView& from);
  // The scales of 8-bit rows, [rows]; any may be NaN.
  bool read_scales(const WeightView& from, AlignedFloats* to);

  Failure failure() const { return failure_; }
  // kSource: a sentence.
  const std::string& problem() const { return problem_; }
  // kNotFinite: the tensor.
  const WeightView& culprit() const { return culprit_; }

 private:
  bool fetch(const WeightView& from, uint64_t begin, size_t bytes, void* to);
  bool read_codes(const WeightView& from, float* to);
  bool fail(Failure failure);

  AlignedFloats floats_, bytes_;
  Failure failure_ = Failure::kNone;
  std::string problem_;
  WeightView culprit_;
};

}  // namespace sa
