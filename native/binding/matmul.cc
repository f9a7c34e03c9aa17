#include "binding/epilogue.h"
#include "binding/operations.h"
#include "binding/packed_matrix.h"
#include "schedule/run.h"

namespace sa {

namespace {

class MatmulJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.batch = arguments.size("batch");
    p_.m = arguments.size("m");
    p_.n = arguments.size("n");
    p_.k = arguments.size("k");
    const bool transpose_a = arguments.boolean("transposeA");
    const Span<const float> a = arguments.floats("a");
    p_.a_batch = arguments.size("aBatchStride");
    const int64_t a_row = transpose_a ? p_.k : stride_or(arguments, "aRowStride", p_.k);
    p_.a = transpose_a ? MatrixView{a.data, 1, p_.m} : MatrixView{a.data, a_row, 1};
    expect_matrix(arguments, "a", a.length, p_.a_batch, a_row, p_.m, p_.k);

    const Span<float> out = arguments.output("out");
    p_.c = out.data;
    p_.c_stride = stride_or(arguments, "outRowStride", p_.n);
    p_.c_batch = stride_or(arguments, "outBatchStride", p_.m * p_.n);
    expect_matrix(arguments, "out", out.length, p_.c_batch, p_.c_stride, p_.m, p_.n);
    expect_disjoint(arguments);
    arguments.expect_apart("out", out, "a", a);

    packed_ = PackedMatrix::read(arguments, "packed", true);
    if (packed_ != nullptr) {
      arguments.expect(packed_->count == 1 || packed_->count == p_.batch, "packed.count",
                       "1 or " + std::to_string(p_.batch), static_cast<double>(packed_->count));
      p_.packed_batch = packed_->count == 1 ? 0 : static_cast<ptrdiff_t>(packed_->each);
      arguments.expect(packed_->k == p_.k, "packed.k", std::to_string(p_.k), static_cast<double>(packed_->k));
      arguments.expect(packed_->n == p_.n, "packed.n", std::to_string(p_.n), static_cast<double>(packed_->n));
      p_.packed_b = packed_->data.data();
    } else {
      const bool transpose_b = arguments.boolean("transposeB");
      const Span<const float> b = arguments.floats("b");
      p_.b_batch = arguments.size("bBatchStride");
      p_.b = transpose_b ? MatrixView{b.data, 1, p_.k} : MatrixView{b.data, p_.n, 1};
      expect_matrix(arguments, "b", b.length, p_.b_batch, p_.n, p_.k, p_.n);
      arguments.expect_apart("out", out, "b", b);
    }

    int64_t bias_length = 0;
    p_.epilogue = read_epilogue(arguments, out, static_cast<double>(p_.batch) * static_cast<double>(p_.m),
                                p_.n, &bias_length);
    p_.residual_batch = p_.c_batch;
    if (p_.epilogue.residual != nullptr && (p_.c_stride != p_.n || p_.c_batch != p_.m * p_.n)) {
      arguments.fail("residual", "none (with strides of out)", "one");
    }
    p_.bias_batch = stride_or(arguments, "biasBatchStride", 0);
    if (p_.epilogue.bias != nullptr && p_.bias_batch > 0) {
      arguments.expect_length(
          "bias", bias_length,
          static_cast<double>(p_.batch - 1) * static_cast<double>(p_.bias_batch) + static_cast<double>(p_.n));
    }
  }

  std::string execute(const KernelSet& kernels) override { return succeeded(run_matmul(kernels, p_)); }

  int64_t rows_each(int64_t batch) const override {
    // A B that differs between products belongs to heads, not to sequences, unless it is packed.
    const bool rows_apart = p_.a.col_stride == 1 && (p_.batch == 1 || packed_ != nullptr);
    return rows_apart && p_.m % batch == 0 ? p_.m / batch : 0;
  }

  std::string execute_part(const KernelSet& kernels, int64_t batch, int64_t begin, int64_t end) override {
    Matmul part = p_;
    const int64_t each = p_.m / batch, row = begin * each;
    part.m = (end - begin) * each;
    part.a.data += row * p_.a.row_stride;
    part.c += row * p_.c_stride;
    part.epilogue = p_.epilogue.from(row, 0);
    return succeeded(run_matmul(kernels, part));
  }

 private:
  // A stride that may be left out.
  static int64_t stride_or(Arguments& arguments, const char* name, int64_t fallback) {
    return arguments.get(name).IsUndefined() ? fallback : arguments.size(name);
  }

  void expect_matrix(Arguments& arguments, const char* name, int64_t length, int64_t batch_stride,
                     int64_t row_stride, int64_t rows, int64_t columns) {
    arguments.expect_inside(name, length, {batch_stride, 0, row_stride}, p_.batch, 1, rows, columns);
  }

  // Threads write different rows and batches: matrices lie one after the other, or side by side in their
  // rows.
  void expect_disjoint(Arguments& arguments) {
    const double rows = static_cast<double>(p_.m) - 1, batches = static_cast<double>(p_.batch) - 1;
    const double row = static_cast<double>(p_.c_stride), batch = static_cast<double>(p_.c_batch);
    const double n = static_cast<double>(p_.n);
    const bool behind = (rows < 1 || row >= n) && (batches < 1 || batch >= rows * row + n);
    const bool beside = (batches < 1 || batch >= n) && (rows < 1 || row >= batches * batch + n);
    arguments.expect(behind || beside || rows < 0 || batches < 0 || n == 0, "outRowStride",
                     "strides that keep rows and batches of out apart", row);
  }

  Matmul p_;
  std::shared_ptr<const Panels> packed_;
};

}  // namespace

std::unique_ptr<Job> make_matmul_job() { return std::make_unique<MatmulJob>(); }

void export_matmul(Napi::Env env, Napi::Object exports) {
  exports.Set("PackedMatrix", PackedMatrix::define(env));
  export_job<MatmulJob>(env, exports, "matmul");
}

}  // namespace sa
