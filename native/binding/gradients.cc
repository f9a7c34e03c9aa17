// The logarithm of softmax, the gradients of both and of layer normalisation.
#include "binding/operations.h"
#include "schedule/run.h"

namespace sa {

namespace {

// `output` of [rows, columns] may be the very memory of `input`, but not overlap it otherwise.
void expect_same_or_apart(Arguments& arguments, const char* output, const Span<float>& to, const char* input,
                          const Span<const float>& from, double size) {
  if (arguments.failed() || to.origin == from.origin) return;
  const size_t bytes = static_cast<size_t>(size) * sizeof(float);
  arguments.expect_apart(output, to.origin, bytes, input, from.origin, bytes);
}

// y, dy and dx of a gradient: [rows, columns] each. Returns the rows.
template <typename Rows>
int64_t read_gradient(Arguments& arguments, Rows* p) {
  const int64_t rows = arguments.size("rows");
  p->columns = arguments.size("columns");
  const Span<const float> y = arguments.floats("y"), dy = arguments.floats("dy");
  const Span<float> dx = arguments.output("dx");
  const double size = static_cast<double>(rows) * static_cast<double>(p->columns);
  arguments.expect_length("y", y.length, size);
  arguments.expect_length("dy", dy.length, size);
  arguments.expect_length("dx", dx.length, size);
  expect_same_or_apart(arguments, "dx", dx, "y", y, size);
  expect_same_or_apart(arguments, "dx", dx, "dy", dy, size);
  p->y = y.data;
  p->dy = dy.data;
  p->dx = dx.data;
  return rows;
}

class SoftmaxGradientJob : public Job {
 public:
  void read(Arguments& arguments) override {
    rows_ = read_gradient(arguments, &p_);
    p_.scale = static_cast<float>(arguments.number("scale"));
  }
  std::string execute(const KernelSet& kernels) override {
    run_softmax_gradient(kernels, p_, rows_);
    return "";
  }

 private:
  SoftmaxGradientRows p_;
  int64_t rows_ = 0;
};

class LogSoftmaxJob : public Job {
 public:
  void read(Arguments& arguments) override {
    rows_ = arguments.size("rows");
    p_.columns = arguments.size("columns");
    const Span<const float> x = arguments.floats("x");
    const Span<float> y = arguments.output("y");
    const double size = static_cast<double>(rows_) * static_cast<double>(p_.columns);
    arguments.expect_length("x", x.length, size);
    arguments.expect_length("y", y.length, size);
    expect_same_or_apart(arguments, "y", y, "x", x, size);
    p_.x = x.data;
    p_.y = y.data;
  }
  std::string execute(const KernelSet& kernels) override {
    run_log_softmax(kernels, p_, rows_);
    return "";
  }

 private:
  LogSoftmaxRows p_;
  int64_t rows_ = 0;
};

class LogSoftmaxGradientJob : public Job {
 public:
  void read(Arguments& arguments) override { rows_ = read_gradient(arguments, &p_); }
  std::string execute(const KernelSet& kernels) override {
    run_log_softmax_gradient(kernels, p_, rows_);
    return "";
  }

 private:
  LogSoftmaxGradientRows p_;
  int64_t rows_ = 0;
};

class LayerNormGradientJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.rows = arguments.size("rows");
    p_.columns = arguments.size("columns");
    const Span<const float> x = arguments.floats("x"), dy = arguments.floats("dy");
    const Span<float> dx = arguments.output("dx");
    const Span<const float> gamma = arguments.floats("gamma", true);
    const Span<float> dgamma = arguments.output("dGamma"), dbeta = arguments.output("dBeta");
    const double columns = static_cast<double>(p_.columns), size = static_cast<double>(p_.rows) * columns;
    arguments.expect_length("x", x.length, size);
    arguments.expect_length("dy", dy.length, size);
    arguments.expect_length("dx", dx.length, size);
    arguments.expect_length("dGamma", dgamma.length, columns);
    arguments.expect_length("dBeta", dbeta.length, columns);
    if (gamma.present()) arguments.expect_length("gamma", gamma.length, columns);
    expect_same_or_apart(arguments, "dx", dx, "x", x, size);
    expect_same_or_apart(arguments, "dx", dx, "dy", dy, size);
    arguments.expect_apart("dx", dx, "gamma", gamma);
    arguments.expect_apart("dx", dx, "dGamma", dgamma);
    arguments.expect_apart("dx", dx, "dBeta", dbeta);
    arguments.expect_apart("dGamma", dgamma, "dBeta", dbeta);
    p_.x = x.data;
    p_.dy = dy.data;
    p_.dx = dx.data;
    p_.gamma = gamma.data;
    p_.epsilon = static_cast<float>(arguments.number("epsilon"));
    dgamma_ = dgamma.data;
    dbeta_ = dbeta.data;
  }
  std::string execute(const KernelSet& kernels) override {
    return succeeded(run_layer_norm_gradient(kernels, p_, dgamma_, dbeta_));
  }

 private:
  LayerNormGradientRows p_;
  float* dgamma_ = nullptr;
  float* dbeta_ = nullptr;
};

}  // namespace

void export_gradients(Napi::Env env, Napi::Object exports) {
  export_job<SoftmaxGradientJob>(env, exports, "softmaxGradient");
  export_job<LogSoftmaxJob>(env, exports, "logSoftmax");
  export_job<LayerNormGradientJob>(env, exports, "layerNormGradient");
  export_job<LogSoftmaxGradientJob>(env, exports, "logSoftmaxGradient");
}

}  // namespace sa
