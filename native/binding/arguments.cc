#include "binding/arguments.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace sa {

namespace {

constexpr int64_t kLargestSize = int64_t{1} << 48;

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace

std::string describe_value(Napi::Value value) {
  switch (value.Type()) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_number:
      return number_text(value.As<Napi::Number>().DoubleValue());
    case napi_boolean:
      return value.As<Napi::Boolean>().Value() ? "true" : "false";
    case napi_string:
      return "a string";
    case napi_function:
      return "a function";
    case napi_object:
      return value.IsTypedArray() ? "a typed array of another type" : "an object";
    default:
      return "another type";
  }
}

Arguments::Arguments(Napi::Env env, Napi::Value options, Mirrors* mirrors)
    : env_(env), options_(Napi::Object::New(env)), mirrors_(mirrors) {
  if (options.IsObject()) {
    options_ = options.As<Napi::Object>();
  } else {
    fail("options", "an object", describe_value(options));
  }
}

Arguments::Scope::Scope(Arguments& arguments, Napi::Value options)
    : arguments_(arguments), outer_(arguments.options_) {
  if (options.IsObject()) {
    arguments.options_ = options.As<Napi::Object>();
  } else {
    arguments.fail("options", "an object", describe_value(options));
    arguments.options_ = Napi::Object::New(arguments.env_);
  }
}

void Arguments::fail(const std::string& subject, const std::string& expected, const std::string& received) {
  if (!failure_.empty()) return;
  failure_ = {subject + ": expected " + expected + " but received " + received, reason::kArgument, subject,
              expected, received};
}

void Arguments::fail_memory(const char* subject, double bytes) {
  if (!failure_.empty()) return;
  failure_.message =
      "out of memory: " + number_text(bytes) + " bytes for " + subject + " could not be allocated";
  failure_.reason = reason::kMemory;
  failure_.argument = subject;
}

bool Arguments::was_detached(const char* subject, napi_value buffer) {
  bool detached = false;
  if (napi_is_detached_arraybuffer(env_, buffer, &detached) != napi_ok || !detached) return false;
  if (!failure_.empty()) return true;
  failure_.message =
      std::string(subject) + ": the memory of this array has been transferred and is not here any more";
  failure_.reason = reason::kBuffer;
  failure_.argument = subject;
  return true;
}

void Arguments::fail_disposed(const char* subject, const char* kind) {
  if (!failure_.empty()) return;
  fail(subject, std::string("a ") + kind + " in use", "one that was disposed");
  failure_.reason = reason::kDisposed;
}

bool Arguments::ready() {
  if (failed()) return false;
  for (const Held& held : held_) {
    size_t length = 0;
    void* data = nullptr;
    const napi_status status =
        napi_get_typedarray_info(env_, held.array, nullptr, &length, &data, nullptr, nullptr);
    if (status == napi_ok && data == held.data && length == held.length) continue;
    failure_.message = std::string(held.name) +
                       ": its buffer was transferred, detached or resized while the options were read";
    failure_.reason = reason::kBuffer;
    failure_.argument = held.name;
    return false;
  }
  return true;
}

void Arguments::next_operation() {
  if (mirrors_ != nullptr) mirrors_->next_operation();
}

void Arguments::expect(bool holds, const char* subject, const std::string& expected, double received) {
  if (!holds) fail(subject, expected, number_text(received));
}

Napi::Value Arguments::get(const char* name) {
  // Nothing more can be asked of the engine while an exception of a getter is pending.
  if (env_.IsExceptionPending()) return env_.Undefined();
  const Napi::Value value = options_.Get(name);
  return value.IsEmpty() ? env_.Undefined() : value;
}

int64_t Arguments::integer(const char* name, int64_t low, int64_t high) {
  const Napi::Value value = get(name);
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (number >= static_cast<double>(low) && number <= static_cast<double>(high) &&
        std::floor(number) == number) {
      return static_cast<int64_t>(number);
    }
  }
  fail(name, "an integer from " + std::to_string(low) + " to " + std::to_string(high), describe_value(value));
  return low;
}

int64_t Arguments::size(const char* name, int64_t low) { return integer(name, low, kLargestSize); }

double Arguments::number(const char* name) {
  const Napi::Value value = get(name);
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (std::isfinite(static_cast<float>(number))) return number;
  }
  fail(name, "a finite number", describe_value(value));
  return 0;
}

double Arguments::number_or(const char* name, double fallback) {
  const Napi::Value value = get(name);
  if (value.IsUndefined()) return fallback;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (std::isnan(number)) fail(name, "a number", describe_value(value));
  return number;
}

bool Arguments::boolean(const char* name) {
  const Napi::Value value = get(name);
  if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
  fail(name, "a boolean", describe_value(value));
  return false;
}

std::string Arguments::text(const char* name) {
  const Napi::Value value = get(name);
  char text[64];
  size_t length = 0;
  if (value.IsString() && napi_get_value_string_utf8(env_, value, text, sizeof text, &length) == napi_ok) {
    return std::string(text, length);
  }
  fail(name, "a string", describe_value(value));
  return "";
}

namespace {

constexpr const char* kFloats = "a Float32Array";
constexpr const char* kIntegers = "an Int32Array";

}  // namespace

// Where the operation works; null after a failure.
void* Arguments::place(const char* name, void* data, size_t bytes, Napi::Value array, Use use) {
  if (mirrors_ == nullptr || use == Use::kBorrow) return data;
  const Mirrors::Place place =
      use == Use::kRead ? mirrors_->read(data, bytes) : mirrors_->write(data, bytes, array, name);
  if (place.data != nullptr) return place.data;
  if (place.shares_with != nullptr) {
    fail(name, "memory of its own, or all of it inside of another output",
         std::string("memory shared with ") + place.shares_with);
  } else {
    fail_memory(name, static_cast<double>(bytes));
  }
  return nullptr;
}

template <typename T>
Span<T> Arguments::array(const char* name, const Kind& kind, Use use, bool optional) {
  return span<T>(name, get(name), kind, use, optional);
}

template <typename T>
Span<T> Arguments::span(const char* name, Napi::Value value, const Kind& kind, Use use, bool optional) {
  if (optional && (value.IsNull() || value.IsUndefined())) return {};
  if (value.IsTypedArray()) {
    napi_typedarray_type actual;
    size_t length = 0;
    void* data = nullptr;
    napi_value buffer = nullptr;
    const napi_status status =
        napi_get_typedarray_info(env_, value, &actual, &length, &data, &buffer, nullptr);
    if (status == napi_ok && actual == kind.type) {
      if (length == 0 && was_detached(name, buffer)) return {};
      // An empty array may come with a null pointer, which would read as absent.
      static int64_t nothing[1] = {};
      if (length == 0 || data == nullptr) return {reinterpret_cast<T*>(nothing), 0, nullptr};
      if (mirrors_ == nullptr || use == Use::kBorrow) held_.push_back({value, data, length, name});
      void* place = this->place(name, data, length * kind.element_bytes, value, use);
      if (place == nullptr) return {};
      return {static_cast<T*>(place), static_cast<int64_t>(length), data};
    }
  }
  fail(name, kind.expected, describe_value(value));
  return {};
}

Span<const float> Arguments::floats(const char* name, bool optional) {
  return array<const float>(name, {napi_float32_array, sizeof(float), kFloats}, Use::kRead, optional);
}

Span<float> Arguments::output(const char* name, bool optional) {
  return array<float>(name, {napi_float32_array, sizeof(float), kFloats}, Use::kWrite, optional);
}

Span<const float> Arguments::borrowed(const char* name) {
  return array<const float>(name, {napi_float32_array, sizeof(float), kFloats}, Use::kBorrow, false);
}

Span<const int32_t> Arguments::int32s(const char* name, bool optional) {
  return array<const int32_t>(name, {napi_int32_array, sizeof(int32_t), kIntegers}, Use::kRead, optional);
}

Span<const uint8_t> Arguments::bytes(const char* name, bool optional) {
  return array<const uint8_t>(name, {napi_uint8_array, 1, "a Uint8Array"}, Use::kRead, optional);
}

bool Arguments::copy(const char* name, Buffer<int32_t>* to) {
  const Napi::Value value = get(name);
  napi_typedarray_type actual;
  size_t length = 0;
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (!value.IsTypedArray() ||
      napi_get_typedarray_info(env_, value, &actual, &length, &data, &buffer, nullptr) != napi_ok ||
      actual != napi_int32_array) {
    fail(name, kIntegers, describe_value(value));
    return false;
  }
  if (data == nullptr) length = 0;
  if (length == 0 && was_detached(name, buffer)) return false;
  if (!to->allocate(length)) {
    fail_memory(name, static_cast<double>(length) * sizeof(int32_t));
    return false;
  }
  if (length > 0) std::memcpy(to->data(), data, length * sizeof(int32_t));
  return true;
}

template <typename T>
Span<T> Arguments::words_as(const char* name, bool* integers, Use use) {
  const Napi::Value value = get(name);
  napi_typedarray_type type = napi_float32_array;
  if (value.IsTypedArray()) napi_get_typedarray_info(env_, value, &type, nullptr, nullptr, nullptr, nullptr);
  *integers = type == napi_int32_array;
  const Kind kind = {*integers ? napi_int32_array : napi_float32_array, sizeof(float),
                     "a Float32Array or an Int32Array"};
  return span<T>(name, value, kind, use, false);
}

Span<const float> Arguments::words(const char* name, bool* integers) {
  return words_as<const float>(name, integers, Use::kRead);
}

Span<float> Arguments::output_words(const char* name, bool* integers) {
  return words_as<float>(name, integers, Use::kWrite);
}

HeadStrides Arguments::strides(const char* name) {
  const Napi::Value value = get(name);
  ptrdiff_t out[3] = {0, 0, 0};
  if (!value.IsArray() || value.As<Napi::Array>().Length() != 3) {
    fail(name, "three strides [batch, head, row]", describe_value(value));
    return {};
  }
  for (uint32_t i = 0; i < 3; ++i) {
    const Napi::Value element = value.As<Napi::Array>().Get(i);
    const double number =
        !element.IsEmpty() && element.IsNumber() ? element.As<Napi::Number>().DoubleValue() : -1;
    if (!(number >= 0 && number <= static_cast<double>(kLargestSize)) || std::floor(number) != number) {
      fail(name, "strides that are non-negative integers",
           element.IsEmpty() ? "nothing" : describe_value(element));
      return {};
    }
    out[i] = static_cast<ptrdiff_t>(number);
  }
  return {out[0], out[1], out[2]};
}

std::vector<int64_t> Arguments::sizes(const char* name, size_t most) {
  const Napi::Value value = get(name);
  // Asked for once: a getter among the elements may change it.
  const uint32_t length = value.IsArray() ? value.As<Napi::Array>().Length() : 0;
  if (!value.IsArray() || length > most) {
    fail(name, "an array of at most " + std::to_string(most) + " sizes",
         value.IsArray() ? std::to_string(length) : describe_value(value));
    return {};
  }
  std::vector<int64_t> out;
  for (uint32_t i = 0; i < length; ++i) {
    const Napi::Value element = value.As<Napi::Array>().Get(i);
    const double number =
        !element.IsEmpty() && element.IsNumber() ? element.As<Napi::Number>().DoubleValue() : -1;
    if (!(number >= 0 && number <= static_cast<double>(kLargestSize)) || std::floor(number) != number) {
      fail(name, "sizes that are non-negative integers",
           element.IsEmpty() ? "nothing" : describe_value(element));
      return {};
    }
    out.push_back(static_cast<int64_t>(number));
  }
  return out;
}

void Arguments::expect_length(const char* name, int64_t length, double needed) {
  if (static_cast<double>(length) < needed) {
    fail(name, "at least " + number_text(needed) + " elements", std::to_string(length));
  }
}

void Arguments::expect_inside(const char* name, int64_t length, const HeadStrides& strides, int64_t batch,
                              int64_t heads, int64_t rows, int64_t columns) {
  if (batch == 0 || heads == 0 || rows == 0 || columns == 0) return;
  // In double: exact as long as it matters, and too large instead of wrapped where it is not.
  const double last = static_cast<double>(batch - 1) * static_cast<double>(strides.batch) +
                      static_cast<double>(heads - 1) * static_cast<double>(strides.head) +
                      static_cast<double>(rows - 1) * static_cast<double>(strides.row) +
                      static_cast<double>(columns);
  expect_length(name, length, last);
}

void Arguments::expect_apart(const char* output, const void* a, size_t a_bytes, const char* input,
                             const void* b, size_t b_bytes) {
  if (a_bytes == 0 || b_bytes == 0) return;
  const char* first = static_cast<const char*>(a);
  const char* second = static_cast<const char*>(b);
  if (first < second + b_bytes && second < first + a_bytes) {
    fail(output, std::string("memory of its own"), std::string("memory shared with ") + input);
  }
}

bool check_offsets(Arguments& arguments, const Buffer<int32_t>& offsets) {
  if (arguments.failed()) return false;
  if (offsets.size() < 1) {
    arguments.fail("offsets", "at least one offset", "none");
    return false;
  }
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (offsets[i] < (i == 0 ? 0 : offsets[i - 1]) || (i == 0 && offsets[i] != 0)) {
      arguments.fail("offsets[" + std::to_string(i) + "]", "offsets that ascend from 0",
                     std::to_string(offsets[i]));
      return false;
    }
  }
  return true;
}

}  // namespace sa
