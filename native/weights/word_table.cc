#include "weights/word_table.h"

#include <algorithm>
#include <new>

#include "kernels/int8/quantize_row.h"

namespace sa {

namespace {

// Rows that are read at once where they need conversion.
constexpr int64_t kRowsAtOnce = 64;

}  // namespace

bool WordTable::load(WeightReader* reader, const WeightView& words, int64_t rows, bool quantize) {
  words_ = words;
  rows_ = rows;
  columns_ = words.count / rows;
  codes_ = quantize || words.dtype == DType::kI8;
  const size_t slots = static_cast<size_t>(rows) + 1;
  const size_t row_bytes = static_cast<size_t>(columns_) * (codes_ ? 1 : sizeof(float));
  slots_.reset(new (std::nothrow) std::atomic<int32_t>[static_cast<size_t>(rows)]);
  if (slots_ == nullptr || !memory_.reserve(slots * row_bytes) || !memory_.provide(row_bytes)) return false;
  for (int64_t i = 0; i < rows; ++i) slots_[static_cast<size_t>(i)].store(0, std::memory_order_relaxed);
  if (!codes_) return true;
  if (!slot_scales_.reserve(slots * sizeof(float)) || !slot_scales_.provide(sizeof(float))) return false;
  // A scale that is not finite is the matter of texts that have the word, as any number of a row is.
  return words.dtype != DType::kI8 || reader->read_scales(words, &scales_);
}

bool WordTable::find(const int32_t* ids, int64_t count, int32_t* slots) const {
  bool found = true;
  for (int64_t i = 0; i < count; ++i) {
    slots[i] = slots_[static_cast<size_t>(ids[i])].load(std::memory_order_acquire);
    found = found && slots[i] != 0;
  }
  return found || fetch(ids, count, slots);
}

bool WordTable::fetch(const int32_t* ids, int64_t count, int32_t* slots) const {
  const size_t staging =
      codes_ && words_.dtype == DType::kI8 ? 0 : static_cast<size_t>(kRowsAtOnce * columns_);
  Workspace memory(static_cast<size_t>(count) + 2 * staging);
  if (!memory.ok()) return false;
  int32_t* missing = reinterpret_cast<int32_t*>(memory.data() + 2 * staging);
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto slot_of = [&](int32_t id) -> std::atomic<int32_t>& { return slots_[static_cast<size_t>(id)]; };
  int64_t wanted = 0;
  for (int64_t i = 0; i < count; ++i) {
    // Another thread may have read it since.
    if (slots[i] == 0 && slot_of(ids[i]).load(std::memory_order_relaxed) == 0) missing[wanted++] = ids[i];
  }
  std::sort(missing, missing + wanted);
  wanted = std::unique(missing, missing + wanted) - missing;
  const size_t end = static_cast<size_t>(used_ + wanted);
  const size_t row_bytes = static_cast<size_t>(columns_) * (codes_ ? 1 : sizeof(float));
  if (!memory_.provide(end * row_bytes)) return false;
  if (codes_ && !slot_scales_.provide(end * sizeof(float))) return false;
  std::string problem;
  for (int64_t i = 0, next; i < wanted && problem.empty(); i = next) {
    // Neighbours in the file are neighbours here, and are read at once.
    for (next = i + 1; next < wanted && missing[next] == missing[next - 1] + 1;) ++next;
    problem = read_rows(missing[i], next - i, used_ + i, reinterpret_cast<uint8_t*>(memory.data()));
  }
  if (problem.empty() && wanted > 0) problem = words_.source->verify();
  if (problem.empty()) {
    for (int64_t i = 0; i < wanted; ++i) {
      slot_of(missing[i]).store(static_cast<int32_t>(used_ + i), std::memory_order_release);
    }
    used_ += wanted;
  } else {
    problem_ = problem;
  }
  for (int64_t i = 0; i < count; ++i) slots[i] = slot_of(ids[i]).load(std::memory_order_relaxed);
  return true;
}

// Words [first, first + count) into the slots from `slot` on. `bytes` has room for rows of both types.
std::string WordTable::read_rows(int32_t first, int64_t count, int64_t slot, uint8_t* bytes) const {
  const int64_t size = static_cast<int64_t>(dtype_size(words_.dtype)) * columns_;
  const auto place = [&](int64_t row) { return words_.begin + static_cast<uint64_t>((first + row) * size); };
  float* floats = static_cast<float*>(memory_.data());
  if (words_.dtype == DType::kI8) {
    int8_t* codes = static_cast<int8_t*>(memory_.data()) + slot * columns_;
    const float* from = scales_.data() + first;
    std::copy(from, from + count, static_cast<float*>(slot_scales_.data()) + slot);
    return words_.source->read(place(0), static_cast<size_t>(count * size), codes);
  }
  if (!codes_ && words_.dtype == DType::kF32) {
    return words_.source->read(place(0), static_cast<size_t>(count * size), floats + slot * columns_);
  }
  float* converted = reinterpret_cast<float*>(bytes) + kRowsAtOnce * columns_;
  for (int64_t at = 0; at < count; at += kRowsAtOnce) {
    const int64_t rows = std::min(kRowsAtOnce, count - at);
    const std::string problem = words_.source->read(place(at), static_cast<size_t>(rows * size), bytes);
    if (!problem.empty()) return problem;
    float* to = codes_ ? converted : floats + (slot + at) * columns_;
    convert_floats(bytes, rows * columns_, words_.dtype, to);
    for (int64_t r = 0; codes_ && r < rows; ++r) {
      const int64_t own = slot + at + r;
      int8_t* codes = static_cast<int8_t*>(memory_.data()) + own * columns_;
      static_cast<float*>(slot_scales_.data())[own] = quantize_row(converted + r * columns_, columns_, codes);
    }
  }
  return "";
}

EmbeddingTable WordTable::table() const {
  EmbeddingTable out;
  if (codes_) {
    out.codes = static_cast<const int8_t*>(memory_.data());
    out.scales = static_cast<const float*>(slot_scales_.data());
  } else {
    out.data = static_cast<const float*>(memory_.data());
  }
  return out;
}

std::string WordTable::problem() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return problem_;
}

size_t WordTable::bytes() const {
  return static_cast<size_t>(rows_) * sizeof(int32_t) + scales_.size() * sizeof(float);
}

}  // namespace sa
