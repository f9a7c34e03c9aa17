#include "binding/mirrors.h"

#include <atomic>
#include <cstring>

namespace sa {

namespace {

constexpr size_t kChunkBytes = 32u << 10, kSmallBytes = 8u << 10, kAlignment = 64;

std::atomic<size_t> total{0};

bool array_memory(napi_env env, napi_value array, char** data, size_t* bytes) {
  napi_typedarray_type type;
  size_t length = 0;
  void* memory = nullptr;
  if (napi_get_typedarray_info(env, array, &type, &length, &memory, nullptr, nullptr) != napi_ok)
    return false;
  const bool of_bytes =
      type == napi_uint8_array || type == napi_int8_array || type == napi_uint8_clamped_array;
  *data = static_cast<char*>(memory);
  *bytes = of_bytes ? length : length * sizeof(float);
  return true;
}

}  // namespace

Mirrors::~Mirrors() { total.fetch_sub(bytes_, std::memory_order_relaxed); }

size_t Mirrors::total_bytes() { return total.load(std::memory_order_relaxed); }

void Mirrors::own(Napi::Env env, Napi::Value list) {
  uint32_t count = 0;
  if (!list.IsArray() || napi_get_array_length(env, list, &count) != napi_ok || count == 0) return;
  if (napi_create_reference(env, list, 1, &own_list_) != napi_ok) return;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value array = nullptr;
    napi_valuetype type;
    bool typed = false;
    char* data = nullptr;
    size_t bytes = 0;
    // The list is the package's own: to read it runs no code of anybody else.
    if (napi_get_element(env, list, i, &array) == napi_ok && napi_typeof(env, array, &type) == napi_ok &&
        type == napi_object && napi_is_typedarray(env, array, &typed) == napi_ok && typed &&
        array_memory(env, array, &data, &bytes) && data != nullptr) {
      own_.push_back({data, data + bytes});
    }
  }
}

bool Mirrors::is_own(const Range& range) const {
  for (const Range& own : own_) {
    if (own.contains(range)) return true;
  }
  return false;
}

char* Mirrors::allocate(size_t bytes) {
  const bool small = bytes <= kSmallBytes;
  if (!small || chunk_bytes_ < bytes) {
    const size_t wanted = small ? kChunkBytes : bytes;
    memory_.push_back(std::make_unique<Workspace>((wanted + sizeof(float) - 1) / sizeof(float)));
    if (!memory_.back()->ok()) return nullptr;
    bytes_ += wanted;
    total.fetch_add(wanted, std::memory_order_relaxed);
    char* data = reinterpret_cast<char*>(memory_.back()->data());
    if (!small) return data;
    chunk_ = data;
    chunk_bytes_ = kChunkBytes;
  }
  char* place = chunk_;
  const size_t taken = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  chunk_ += taken;
  chunk_bytes_ -= taken < chunk_bytes_ ? taken : chunk_bytes_;
  return place;
}

Mirrors::Place Mirrors::read(const void* origin, size_t bytes) {
  const char* from = static_cast<const char*>(origin);
  const Range range = {from, from + bytes};
  if (is_own(range)) return {const_cast<char*>(from), nullptr};
  for (const Output& output : outputs_) {
    if (output.origin.contains(range)) return {output.copy + (from - output.origin.begin), nullptr};
    // Of this operation: the caller decides whether arrays may overlap. Of an earlier one: half of what would
    // have to be read is not there yet.
    const bool earlier = output.operation != operation_;
    if (earlier && output.origin.overlaps(range)) return {nullptr, output.name};
  }
  for (const Input& input : inputs_) {
    if (input.origin.contains(range)) return {input.copy + (from - input.origin.begin), nullptr};
  }
  char* copy = allocate(bytes);
  if (copy == nullptr) return {};
  std::memcpy(copy, from, bytes);
  inputs_.push_back({range, copy});
  return {copy, nullptr};
}

Mirrors::Place Mirrors::write(void* origin, size_t bytes, Napi::Value array, const char* name) {
  char* to = static_cast<char*>(origin);
  const Range range = {to, to + bytes};
  if (is_own(range)) return {to, nullptr};
  for (const Output& output : outputs_) {
    if (output.origin.contains(range)) return {output.copy + (to - output.origin.begin), nullptr};
    if (output.origin.overlaps(range)) return {nullptr, output.name};
  }
  char* copy = allocate(bytes);
  napi_ref reference = nullptr;
  if (copy == nullptr || napi_create_reference(array.Env(), array, 1, &reference) != napi_ok) return {};
  // An operation may leave some of its output as it was, or add to it.
  std::memcpy(copy, to, bytes);
  outputs_.push_back({range, copy, operation_, name, reference});
  return {copy, nullptr};
}

std::string Mirrors::copy_back(napi_env env) {
  std::vector<char*> places;
  for (const Output& output : outputs_) {
    const size_t needed = static_cast<size_t>(output.origin.end - output.origin.begin);
    napi_value array = nullptr;
    char* data = nullptr;
    size_t bytes = 0;
    const bool there = napi_get_reference_value(env, output.array, &array) == napi_ok && array != nullptr &&
                       array_memory(env, array, &data, &bytes) && data != nullptr && bytes >= needed;
    if (!there) {
      return std::string(output.name) +
             ": its buffer was transferred, detached or made smaller while the operation ran";
    }
    places.push_back(data);
  }
  for (size_t i = 0; i < places.size(); ++i) {
    const Output& output = outputs_[i];
    std::memcpy(places[i], output.copy, static_cast<size_t>(output.origin.end - output.origin.begin));
  }
  return "";
}

void Mirrors::release(napi_env env) {
  for (Output& output : outputs_) napi_delete_reference(env, output.array);
  outputs_.clear();
  if (own_list_ != nullptr) napi_delete_reference(env, own_list_);
  own_list_ = nullptr;
}

}  // namespace sa
