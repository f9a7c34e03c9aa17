// Reads the one options object of a native call. Every accessor checks type and range; the first failure is
// kept and makes the call throw before any memory is touched. Arrays that were read are remembered, so that
// an asynchronous call can hold them.
#pragma once

#include "binding/node_api.h"

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/attention/attention.h"

namespace sa {

template <typename T>
struct Span {
  T* data = nullptr;
  int64_t length = 0;
  bool present() const { return data != nullptr || length > 0; }
};

class Arguments {
 public:
  Arguments(Napi::Env env, Napi::Value options);

  Napi::Env env() const { return env_; }
  bool failed() const { return !error_.empty() || env_.IsExceptionPending(); }
  const std::string& error() const { return error_; }
  void fail(const std::string& subject, const std::string& expected, const std::string& received);
  // Records a failure unless `holds`.
  void expect(bool holds, const char* subject, const std::string& expected, double received);

  Napi::Value get(const char* name);
  int64_t integer(const char* name, int64_t low, int64_t high);
  // A count, length or stride: low <= value <= 2^48, so that products of two stay exact where they are
  // checked.
  int64_t size(const char* name, int64_t low = 0);
  double number(const char* name);
  // May be infinite, may be left out.
  double number_or(const char* name, double fallback);
  bool boolean(const char* name);
  std::string text(const char* name);
  // Optional arrays give an absent span for null and undefined.
  Span<float> floats(const char* name, bool optional = false);
  Span<int32_t> int32s(const char* name, bool optional = false);
  Span<uint8_t> bytes(const char* name, bool optional = false);
  // Elements of 4 bytes, as floats whatever they mean; `integers` tells which.
  Span<float> words(const char* name, bool* integers);
  HeadStrides strides(const char* name);
  // At most `most` sizes, as a shape or its strides.
  std::vector<int64_t> sizes(const char* name, size_t most);

  // `needed` elements must be there; given as a double so that no product of sizes can overflow.
  void expect_length(const char* name, int64_t length, double needed);
  // [batch, heads, rows, columns] by strides must lie inside of an array.
  void expect_inside(const char* name, int64_t length, const HeadStrides& strides, int64_t batch,
                     int64_t heads, int64_t rows, int64_t columns);
  // An output may share no byte with an input.
  void expect_apart(const char* output, const void* a, size_t a_bytes, const char* input, const void* b,
                    size_t b_bytes);
  template <typename T, typename U>
  void expect_apart(const char* output, const Span<T>& a, const char* input, const Span<U>& b) {
    expect_apart(output, a.data, a.length * sizeof(T), input, b.data, b.length * sizeof(U));
  }

  void hold(Napi::Value value) { held_.push_back(value); }
  const std::vector<Napi::Value>& held() const { return held_; }

  // The same accessors on a nested object; failures go to this object.
  class Scope {
   public:
    Scope(Arguments& arguments, Napi::Value options);
    ~Scope() { arguments_.options_ = outer_; }

   private:
    Arguments& arguments_;
    Napi::Object outer_;
  };

 private:
  template <typename T>
  Span<T> array(const char* name, napi_typedarray_type type, const char* expected, bool optional);

  Napi::Env env_;
  Napi::Object options_;
  std::string error_;
  std::vector<Napi::Value> held_;
};

// Copies offsets [n + 1] of packed sequences after checking that they ascend from 0: what is checked must be
// what a job reads later, whatever JavaScript does to the array meanwhile. Empty on failure.
std::vector<int32_t> read_offsets(Arguments& arguments, const Span<int32_t>& offsets);

std::string describe_value(Napi::Value value);

}  // namespace sa
