// Operations on whole tensors: reduction of an axis, axes in another order, rows added to rows.
#include "binding/operations.h"
#include "schedule/run.h"

namespace sa {

namespace {

class ReduceJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.op = static_cast<ReduceOp>(arguments.integer("op", 0, kReduceOps - 1));
    p_.outer = arguments.size("outer");
    p_.size = arguments.size("size");
    p_.inner = arguments.size("inner");
    const Span<const float> x = arguments.floats("x");
    const Span<float> out = arguments.output("out");
    const double results = static_cast<double>(p_.outer) * static_cast<double>(p_.inner);
    arguments.expect_length("x", x.length, results * static_cast<double>(p_.size));
    arguments.expect_length("out", out.length, results);
    arguments.expect_apart("out", out, "x", x);
    p_.x = x.data;
    p_.x_outer = arguments.failed() || results == 0 ? 0 : static_cast<ptrdiff_t>(p_.size * p_.inner);
    p_.out = out.data;
  }
  std::string execute(const KernelSet& kernels) override { return succeeded(run_reduce(kernels, p_)); }

 private:
  Reduce p_;
};

class TransposeJob : public Job {
 public:
  void read(Arguments& arguments) override {
    const std::vector<int64_t> shape = arguments.sizes("shape", kTransposeAxes);
    const std::vector<int64_t> permutation = arguments.sizes("permutation", kTransposeAxes);
    arguments.expect(permutation.size() == shape.size(), "permutation",
                     std::to_string(shape.size()) + " axes, each once",
                     static_cast<double>(permutation.size()));
    unsigned seen = 0;
    for (const int64_t axis : permutation) {
      const bool fresh = axis < static_cast<int64_t>(shape.size()) && (seen >> axis & 1) == 0;
      arguments.expect(fresh, "permutation", std::to_string(shape.size()) + " axes, each once",
                       static_cast<double>(axis));
      if (!fresh) return;
      seen |= 1u << axis;
    }
    if (arguments.failed()) return;
    double size = 1;
    p_.axes = static_cast<int>(shape.size());
    for (int d = 0; d < p_.axes; ++d) {
      size *= static_cast<double>(shape[static_cast<size_t>(d)]);
      p_.shape[d] = shape[static_cast<size_t>(d)];
      p_.permutation[d] = static_cast<int>(permutation[static_cast<size_t>(d)]);
    }
    bool x_integers = false, out_integers = false;
    const Span<const float> x = arguments.words("x", &x_integers);
    const Span<float> out = arguments.output_words("out", &out_integers);
    if (x_integers != out_integers) arguments.fail("out", "an array of the type of x", "one of another type");
    arguments.expect_length("x", x.length, size);
    arguments.expect_length("out", out.length, size);
    arguments.expect_apart("out", out, "x", x);
    p_.x = x.data;
    p_.out = out.data;
  }
  std::string execute(const KernelSet& kernels) override {
    run_transpose(kernels, p_);
    return "";
  }

 private:
  AxisOrder p_;
};

class ScatterAddRowsJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.rows = arguments.size("rows");
    p_.columns = arguments.size("width");
    p_.out_rows = arguments.size("outRows");
    const Span<const float> x = arguments.floats("x");
    const Span<float> out = arguments.output("out");
    // A copy: all threads must read the same, whatever JavaScript does to the array meanwhile.
    if (!arguments.copy("indices", &indices_)) return;
    const double columns = static_cast<double>(p_.columns);
    arguments.expect_length("x", x.length, static_cast<double>(p_.rows) * columns);
    arguments.expect_length("indices", static_cast<int64_t>(indices_.size()), static_cast<double>(p_.rows));
    arguments.expect_length("out", out.length, static_cast<double>(p_.out_rows) * columns);
    arguments.expect_apart("out", out, "x", x);
    if (arguments.failed()) return;
    p_.x = x.data;
    p_.indices = indices_.data();
    p_.out = out.data;
  }
  std::string execute(const KernelSet& kernels) override {
    run_scatter_add(kernels, p_);
    return "";
  }

 private:
  ScatterRows p_;
  Buffer<int32_t> indices_;
};

}  // namespace

void export_tensor_operations(Napi::Env env, Napi::Object exports) {
  export_job<ReduceJob>(env, exports, "reduce");
  export_job<TransposeJob>(env, exports, "transpose");
  export_job<ScatterAddRowsJob>(env, exports, "scatterAddRows");
}

}  // namespace sa
