// Reads the one options object of a native call. Every accessor checks type and range; the first failure is
// kept and makes the call throw before any memory is touched.
//
// To read an option may run code of the caller (a getter), which can detach the buffer of an array that was
// read before. A synchronous call therefore asks ready() behind the last option and touches no array earlier,
// but for those that copy() copies at once. An asynchronous call gets arrays of its own (mirrors.h).
#pragma once

#include "binding/node_api.h"

#include <cstdint>
#include <string>
#include <vector>

#include "binding/mirrors.h"
#include "kernels/attention/attention.h"
#include "runtime/buffer.h"

namespace sa {

template <typename T>
struct Span {
  T* data = nullptr;  // where the operation works
  int64_t length = 0;
  const void* origin = nullptr;  // where the caller's array lies: what tells whether two of them overlap
  bool present() const { return data != nullptr; }
};

// What kind of failure it was: the `reason` of the error.
namespace reason {
inline constexpr const char* kArgument = "argument";
inline constexpr const char* kMemory = "memory";
// An array was taken away from under the operation.
inline constexpr const char* kBuffer = "buffer";
// An object's native memory was given back before.
inline constexpr const char* kDisposed = "disposed";
}  // namespace reason

// What is wrong with a call, in parts: JavaScript tells its callers by these fields and reads no message.
struct Failure {
  std::string message;
  const char* reason = reason::kArgument;
  std::string argument;            // empty when no single argument is to blame
  std::string expected, received;  // both empty when the message is no "X: expected A but received B"
  bool empty() const { return message.empty(); }
};

class Arguments {
 public:
  // With `mirrors`, arrays are those of an asynchronous operation.
  Arguments(Napi::Env env, Napi::Value options, Mirrors* mirrors = nullptr);

  Napi::Env env() const { return env_; }
  bool failed() const { return !failure_.empty() || env_.IsExceptionPending(); }
  // Whether all went well and every array still is where it was when it was read. From here on no code of the
  // caller may run before the operation has ended.
  bool ready();
  const Failure& failure() const { return failure_; }
  const std::string& error() const { return failure_.message; }
  const char* reason() const { return failure_.reason; }
  void fail_memory(const char* subject, double bytes);
  void fail_disposed(const char* subject, const char* kind);
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
  // Of at most 63 bytes; what is longer is cut.
  std::string text(const char* name);
  // Optional arrays give an absent span for null and undefined.
  Span<const float> floats(const char* name, bool optional = false);
  Span<const int32_t> int32s(const char* name, bool optional = false);
  Span<const uint8_t> bytes(const char* name, bool optional = false);
  // An array that the operation writes; `name` is a literal.
  Span<float> output(const char* name, bool optional = false);
  // Elements of 4 bytes, as floats whatever they mean; `integers` tells which.
  Span<const float> words(const char* name, bool* integers);
  Span<float> output_words(const char* name, bool* integers);
  // A copy of an Int32Array: numbers that are checked must be those that are used, and another thread may
  // write to a shared array at any time. False on failure.
  bool copy(const char* name, Buffer<int32_t>* to);
  // The caller's array itself, even of an asynchronous call: to be read behind ready(), before the call
  // returns.
  Span<const float> borrowed(const char* name);
  bool asynchronous() const { return mirrors_ != nullptr; }
  // In a batch: what is read from here on belongs to the next operation.
  void next_operation();
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
    expect_apart(output, a.origin, static_cast<size_t>(a.length) * sizeof(T), input, b.origin,
                 static_cast<size_t>(b.length) * sizeof(U));
  }

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
  enum class Use { kRead, kWrite, kBorrow };
  struct Held {
    Napi::Value array;
    const void* data;
    size_t length;
    const char* name;
  };
  struct Kind {
    napi_typedarray_type type;
    size_t element_bytes;
    const char* expected;
  };
  template <typename T>
  Span<T> array(const char* name, const Kind& kind, Use use, bool optional);
  template <typename T>
  Span<T> span(const char* name, Napi::Value value, const Kind& kind, Use use, bool optional);
  template <typename T>
  Span<T> words_as(const char* name, bool* integers, Use use);
  // Whether the memory of an empty array was transferred, which is then the failure: whoever called has
  // checked the array, but a getter among the caller's other options may have run since.
  bool was_detached(const char* subject, napi_value buffer);
  void* place(const char* name, void* data, size_t bytes, Napi::Value array, Use use);

  Napi::Env env_;
  Napi::Object options_;
  Mirrors* mirrors_;
  Failure failure_;
  std::vector<Held> held_;
};

// Checks that offsets [n + 1] of packed sequences ascend from 0, after they were copied.
bool check_offsets(Arguments& arguments, const Buffer<int32_t>& offsets);

std::string describe_value(Napi::Value value);

}  // namespace sa
