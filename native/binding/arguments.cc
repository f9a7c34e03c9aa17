#include "binding/arguments.h"

#include <cmath>
#include <cstdio>

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

Arguments::Arguments(Napi::Env env, Napi::Value options) : env_(env), options_(Napi::Object::New(env)) {
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
  if (error_.empty()) error_ = subject + ": expected " + expected + " but received " + received;
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
  if (value.IsString()) return value.As<Napi::String>().Utf8Value();
  fail(name, "a string", describe_value(value));
  return "";
}

template <typename T>
Span<T> Arguments::array(const char* name, napi_typedarray_type type, const char* expected, bool optional) {
  const Napi::Value value = get(name);
  if (optional && (value.IsNull() || value.IsUndefined())) return {};
  if (value.IsTypedArray()) {
    napi_typedarray_type actual;
    size_t length = 0;
    void* data = nullptr;
    const napi_status status =
        napi_get_typedarray_info(env_, value, &actual, &length, &data, nullptr, nullptr);
    if (status == napi_ok && actual == type) {
      hold(value);
      // An empty array may come with a null pointer, which would read as absent.
      static T nothing[1] = {};
      if (length == 0) return {nothing, 0};
      return {static_cast<T*>(data), static_cast<int64_t>(length)};
    }
  }
  fail(name, expected, describe_value(value));
  return {};
}

Span<float> Arguments::floats(const char* name, bool optional) {
  return array<float>(name, napi_float32_array, "a Float32Array", optional);
}

Span<int32_t> Arguments::int32s(const char* name, bool optional) {
  return array<int32_t>(name, napi_int32_array, "an Int32Array", optional);
}

Span<uint8_t> Arguments::bytes(const char* name, bool optional) {
  return array<uint8_t>(name, napi_uint8_array, "a Uint8Array", optional);
}

Span<float> Arguments::words(const char* name, bool* integers) {
  const Napi::Value value = get(name);
  *integers = value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_int32_array;
  if (!*integers) return array<float>(name, napi_float32_array, "a Float32Array or an Int32Array", false);
  const Span<int32_t> span = int32s(name);
  return {reinterpret_cast<float*>(span.data), span.length};
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
    const double number = element.IsNumber() ? element.As<Napi::Number>().DoubleValue() : -1;
    if (!(number >= 0 && number <= static_cast<double>(kLargestSize)) || std::floor(number) != number) {
      fail(name, "strides that are non-negative integers", describe_value(element));
      return {};
    }
    out[i] = static_cast<ptrdiff_t>(number);
  }
  return {out[0], out[1], out[2]};
}

std::vector<int64_t> Arguments::sizes(const char* name, size_t most) {
  const Napi::Value value = get(name);
  const bool fits = value.IsArray() && value.As<Napi::Array>().Length() <= most;
  if (!fits) {
    fail(name, "an array of at most " + std::to_string(most) + " sizes",
         value.IsArray() ? std::to_string(value.As<Napi::Array>().Length()) : describe_value(value));
    return {};
  }
  std::vector<int64_t> out;
  for (uint32_t i = 0; i < value.As<Napi::Array>().Length(); ++i) {
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

std::vector<int32_t> read_offsets(Arguments& arguments, const Span<int32_t>& offsets) {
  if (offsets.length < 1) {
    arguments.fail("offsets", "at least one offset", "none");
    return {};
  }
  std::vector<int32_t> copy(offsets.data, offsets.data + offsets.length);
  for (size_t i = 0; i < copy.size(); ++i) {
    if (copy[i] < (i == 0 ? 0 : copy[i - 1]) || (i == 0 && copy[i] != 0)) {
      arguments.fail("offsets[" + std::to_string(i) + "]", "offsets that ascend from 0",
                     std::to_string(copy[i]));
      return {};
    }
  }
  return copy;
}

}  // namespace sa
