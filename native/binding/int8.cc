#include "binding/epilogue.h"
#include "binding/operations.h"
#include "binding/quantized_matrix.h"
#include "schedule/run.h"

namespace sa {

namespace {

class Int8MatmulJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.m = arguments.size("m");
    weights_ = QuantizedMatrix::read(arguments, "weights");
    if (weights_ == nullptr) return;
    p_.k = weights_->k;
    p_.n = weights_->n;
    p_.b = weights_->panels;
    const Span<const float> a = arguments.floats("a");
    const Span<float> out = arguments.output("out");
    p_.x = a.data;
    p_.x_stride = p_.k;
    p_.c = out.data;
    p_.c_stride = p_.n;
    expect_matrix(arguments, "a", a.length, p_.k);
    expect_matrix(arguments, "out", out.length, p_.n);
    arguments.expect_apart("out", out, "a", a);
    p_.epilogue = read_epilogue(arguments, out, static_cast<double>(p_.m), p_.n);
  }

  std::string execute(const KernelSet& kernels) override { return succeeded(run_int8_matmul(kernels, p_)); }

 private:
  void expect_matrix(Arguments& arguments, const char* name, int64_t length, int64_t columns) {
    arguments.expect_inside(name, length, {0, 0, columns}, 1, 1, p_.m, columns);
  }

  Int8Matmul p_;
  std::shared_ptr<const QuantizedPanels> weights_;
};

}  // namespace

void export_int8(Napi::Env env, Napi::Object exports) {
  exports.Set("QuantizedMatrix", QuantizedMatrix::define(env));
  export_job<Int8MatmulJob>(env, exports, "int8Matmul");
}

}  // namespace sa
