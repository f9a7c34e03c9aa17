// One function of every element, of one operand or two.
#include "binding/node_api.h"

#include <algorithm>

#include "binding/operations.h"
#include "schedule/run.h"

namespace sa {

namespace {

class UnaryJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.op = static_cast<UnaryOp>(arguments.integer("op", 0, kUnaryOps - 1));
    const Span<const float> x = arguments.floats("x");
    const Span<float> out = arguments.output("out");
    p_.size = x.length;
    arguments.expect_length("out", out.length, static_cast<double>(x.length));
    const size_t bytes = static_cast<size_t>(x.length) * sizeof(float);
    if (x.origin != out.origin) arguments.expect_apart("out", out.origin, bytes, "x", x.origin, bytes);
    p_.x = x.data;
    p_.out = out.data;
    p_.alpha = static_cast<float>(arguments.number_or("alpha", 0));
    p_.beta = static_cast<float>(arguments.number_or("beta", 0));
  }
  std::string execute(const KernelSet& kernels) override {
    run_unary(kernels, p_);
    return "";
  }

 private:
  UnaryElements p_;
};

class BinaryJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.op = static_cast<BinaryOp>(arguments.integer("op", 0, kBinaryOps - 1));
    const std::vector<int64_t> shape = arguments.sizes("shape", 4);
    const Span<float> out = arguments.output("out");
    double size = 1;
    for (const int64_t dimension : shape) size *= static_cast<double>(dimension);
    arguments.expect_length("out", out.length, size);
    p_.out = out.data;
    out_ = out.origin;
    const size_t offset = 4 - shape.size();
    std::copy(shape.begin(), shape.end(), p_.shape + offset);
    p_.a = read_operand(arguments, "a", "aStrides", shape, size, p_.a_strides + offset);
    p_.b = read_operand(arguments, "b", "bStrides", shape, size, p_.b_strides + offset);
  }
  std::string execute(const KernelSet& kernels) override {
    run_binary(kernels, p_);
    return "";
  }

 private:
  const float* read_operand(Arguments& arguments, const char* name, const char* strides_name,
                            const std::vector<int64_t>& shape, double size, ptrdiff_t* strides) {
    const Span<const float> span = arguments.floats(name);
    const std::vector<int64_t> read = arguments.sizes(strides_name, 4);
    arguments.expect(read.size() == shape.size(), strides_name,
                     std::to_string(shape.size()) + " strides, one a dimension",
                     static_cast<double>(read.size()));
    if (arguments.failed() || size == 0) return span.data;
    double last = 0, contiguous = 1;
    bool like_out = true;
    for (size_t d = shape.size(); d-- > 0;) {
      last += static_cast<double>(shape[d] - 1) * static_cast<double>(read[d]);
      like_out = like_out && (shape[d] == 1 || static_cast<double>(read[d]) == contiguous);
      contiguous *= static_cast<double>(shape[d]);
      strides[d] = static_cast<ptrdiff_t>(read[d]);
    }
    arguments.expect_length(name, span.length, last + 1);
    // Element by element only an operand that lies as out does may be out.
    if (!arguments.failed() && !(like_out && span.origin == out_)) {
      arguments.expect_apart("out", out_, static_cast<size_t>(size) * sizeof(float), name, span.origin,
                             static_cast<size_t>(last + 1) * sizeof(float));
    }
    return span.data;
  }

  BinaryElements p_;
  const void* out_ = nullptr;
};

}  // namespace

void export_elementwise(Napi::Env env, Napi::Object exports) {
  export_job<UnaryJob>(env, exports, "unary");
  export_job<BinaryJob>(env, exports, "binary");
}

}  // namespace sa
