#include <algorithm>
#include <cmath>

#include "binding/epilogue.h"
#include "binding/operations.h"
#include "binding/quantized_matrix.h"
#include "schedule/over_rows.h"
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

// Rows as weights files and word tables keep them in 8 bits.
class QuantizeRowsJob : public Job {
 public:
  void read(Arguments& arguments) override {
    rows_ = arguments.size("rows");
    columns_ = arguments.size("columns");
    const Span<const float> x = arguments.floats("x");
    const Span<float> codes = arguments.output("codes"), steps = arguments.output("steps");
    const double numbers = static_cast<double>(rows_) * static_cast<double>(columns_);
    arguments.expect_length("x", x.length, numbers);
    arguments.expect_length("codes", codes.length, std::ceil(numbers / 4));
    arguments.expect_length("steps", steps.length, static_cast<double>(rows_));
    arguments.expect_apart("codes", codes, "x", x);
    arguments.expect_apart("steps", steps, "x", x);
    arguments.expect_apart("codes", codes, "steps", steps);
    x_ = x.data;
    codes_ = reinterpret_cast<int8_t*>(codes.data);
    steps_ = steps.data;
  }

  std::string execute(const KernelSet&) override {
    over_rows(rows_, rows_ * columns_, 1, [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        steps_[r] = quantize_row(x_ + r * columns_, columns_, codes_ + r * columns_);
      }
    });
    if (columns_ == 0) std::fill(steps_, steps_ + rows_, 0.0f);
    return "";
  }

 private:
  int64_t rows_ = 0, columns_ = 0;
  const float* x_ = nullptr;
  int8_t* codes_ = nullptr;
  float* steps_ = nullptr;
};

}  // namespace

void export_int8(Napi::Env env, Napi::Object exports) {
  exports.Set("QuantizedMatrix", QuantizedMatrix::define(env));
  export_job<Int8MatmulJob>(env, exports, "int8Matmul");
  export_job<QuantizeRowsJob>(env, exports, "quantizeRows");
}

}  // namespace sa
