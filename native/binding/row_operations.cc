// softmax, layer normalisation, GELU, embedding, pooling, L2 normalisation.
#include <cstring>

#include "binding/operations.h"
#include "schedule/run.h"

namespace sa {

namespace {

double product(int64_t a, int64_t b) { return static_cast<double>(a) * static_cast<double>(b); }

// x and y of [rows, columns]; they may be the same memory, but not overlap otherwise.
// Returns y.
Span<float> read_in_place(Arguments& arguments, double size, const float** x, float** y) {
  const Span<const float> from = arguments.floats("x");
  const Span<float> to = arguments.output("y");
  arguments.expect_length("x", from.length, size);
  arguments.expect_length("y", to.length, size);
  if (from.origin != to.origin) {
    const size_t bytes = arguments.failed() ? 0 : static_cast<size_t>(size) * sizeof(float);
    arguments.expect_apart("y", to.origin, bytes, "x", from.origin, bytes);
  }
  *x = from.data;
  *y = to.data;
  return to;
}

class SoftmaxJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.rows = arguments.size("rows");
    p_.columns = arguments.size("columns");
    const Span<float> y = read_in_place(arguments, product(p_.rows, p_.columns), &p_.x, &p_.y);
    p_.scale = static_cast<float>(arguments.number("scale"));
    const Span<const uint8_t> mask = arguments.bytes("mask", true);
    if (mask.present()) {
      p_.mask_rows = arguments.size("maskRows", 1);
      arguments.expect_length("mask", mask.length, product(p_.mask_rows, p_.columns));
      arguments.expect_apart("y", y, "mask", mask);
      p_.mask = mask.data;
    }
    p_.causal = arguments.boolean("causal");
    if (p_.causal) p_.causal_rows = arguments.size("causalRows", 1);
  }
  std::string execute(const KernelSet& kernels) override {
    run_softmax(kernels, p_);
    return "";
  }

 private:
  SoftmaxRows p_;
};

class LayerNormJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.rows = arguments.size("rows");
    p_.columns = arguments.size("columns");
    read_in_place(arguments, product(p_.rows, p_.columns), &p_.x, &p_.y);
    p_.gamma = read_parameter(arguments, "gamma");
    p_.beta = read_parameter(arguments, "beta");
    p_.epsilon = static_cast<float>(arguments.number("epsilon"));
  }
  std::string execute(const KernelSet& kernels) override {
    run_layer_norm(kernels, p_);
    return "";
  }
  int64_t rows_each(int64_t batch) const override { return p_.rows % batch == 0 ? p_.rows / batch : 0; }
  std::string execute_part(const KernelSet& kernels, int64_t batch, int64_t begin, int64_t end) override {
    LayerNormRows part = p_;
    const int64_t each = p_.rows / batch;
    part.rows = (end - begin) * each;
    part.x += begin * each * p_.columns;
    part.y += begin * each * p_.columns;
    run_layer_norm(kernels, part);
    return "";
  }

 private:
  const float* read_parameter(Arguments& arguments, const char* name) {
    const Span<const float> span = arguments.floats(name, true);
    if (!span.present()) return nullptr;
    arguments.expect_length(name, span.length, static_cast<double>(p_.columns));
    return span.data;
  }
  LayerNormRows p_;
};

class GeluJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.size = arguments.size("size");
    read_in_place(arguments, static_cast<double>(p_.size), &p_.x, &p_.y);
    p_.tanh_form = arguments.boolean("tanh");
  }
  std::string execute(const KernelSet& kernels) override {
    run_gelu(kernels, p_);
    return "";
  }

 private:
  GeluElements p_;
};

class GateJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.size = arguments.size("size");
    const Span<float> y = read_in_place(arguments, static_cast<double>(p_.size), &p_.x, &p_.y);
    const Span<const float> gate = arguments.floats("gate");
    arguments.expect_length("gate", gate.length, static_cast<double>(p_.size));
    arguments.expect_apart("y", y, "gate", gate);
    p_.gate = gate.data;
  }
  std::string execute(const KernelSet& kernels) override {
    run_gate(kernels, p_);
    return "";
  }
  // Elements, not rows: any size that the batch divides will do.
  int64_t rows_each(int64_t batch) const override { return p_.size % batch == 0 ? p_.size / batch : 0; }
  std::string execute_part(const KernelSet& kernels, int64_t batch, int64_t begin, int64_t end) override {
    const int64_t each = p_.size / batch;
    run_gate(kernels,
             {(end - begin) * each, p_.x + begin * each, p_.gate + begin * each, p_.y + begin * each});
    return "";
  }

 private:
  GateElements p_;
};

class EmbeddingJob : public Job {
 public:
  void read(Arguments& arguments) override {
    rows_ = arguments.size("rows");
    p_.columns = arguments.size("columns");
    const Span<float> y = arguments.output("y");
    arguments.expect_length("y", y.length, product(rows_, p_.columns));
    p_.y = y.data;
    const Napi::Value tables = arguments.get("tables");
    const uint32_t count = tables.IsArray() ? tables.As<Napi::Array>().Length() : 0;
    if (count < 1 || count > 3) {
      arguments.fail("tables", "an array of 1 to 3 tables",
                     tables.IsArray() ? std::to_string(count) : describe_value(tables));
      return;
    }
    for (uint32_t i = 0; i < count && !arguments.failed(); ++i) {
      const Arguments::Scope scope(arguments, tables.As<Napi::Array>().Get(i));
      // Borrowed: a table is far larger than what is taken from it.
      const Span<const float> table = arguments.borrowed("table");
      Buffer<int32_t>& ids = ids_[i];
      if (!arguments.copy("ids", &ids)) return;
      const int64_t table_rows = arguments.integer("rows", 0, INT32_MAX);
      arguments.expect_length("table", table.length, product(table_rows, p_.columns));
      arguments.expect_length("ids", static_cast<int64_t>(ids.size()), static_cast<double>(rows_));
      arguments.expect_apart("y", y, "table", table);
      if (arguments.failed()) return;
      for (int64_t row = 0; row < rows_; ++row) {
        const int32_t id = ids[static_cast<size_t>(row)];
        if (id < 0 || id >= table_rows) {
          arguments.fail("ids", "integers from 0 to " + std::to_string(table_rows - 1), std::to_string(id));
          return;
        }
      }
      p_.tables[i] = {table.data, ids.data()};
    }
    if (arguments.asynchronous() && arguments.ready()) copy_rows(arguments, count);
  }
  std::string execute(const KernelSet& kernels) override {
    run_embedding(kernels, p_, rows_);
    return "";
  }

 private:
  // The rows in use instead of the tables, which belong to the caller.
  void copy_rows(Arguments& arguments, uint32_t count) {
    const size_t rows = static_cast<size_t>(rows_), columns = static_cast<size_t>(p_.columns);
    if (rows == 0 || columns == 0) return;
    for (uint32_t i = 0; i < count; ++i) {
      if (!used_[i].allocate(rows * columns)) {
        arguments.fail_memory("table", static_cast<double>(rows * columns) * sizeof(float));
        return;
      }
      for (size_t row = 0; row < rows; ++row) {
        std::memcpy(used_[i].data() + row * columns, p_.tables[i].data + ids_[i][row] * p_.columns,
                    columns * sizeof(float));
        ids_[i][row] = static_cast<int32_t>(row);
      }
      p_.tables[i].data = used_[i].data();
    }
  }

  EmbeddingRows p_;
  int64_t rows_ = 0;
  Buffer<int32_t> ids_[3];
  Buffer<float> used_[3];
};

class PoolJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.columns = arguments.size("columns");
    const Span<const float> x = arguments.floats("x");
    const Span<float> y = arguments.output("y");
    if (!arguments.copy("offsets", &offsets_) || !check_offsets(arguments, offsets_)) return;
    const int64_t mode = arguments.integer("mode", 0, 6);
    arguments.expect(mode != 3, "mode", "a pooling mode", 3);
    p_.mode = static_cast<Pooling>(mode);
    if (arguments.failed()) return;
    arguments.expect_length("x", x.length, product(offsets_[offsets_.size() - 1], p_.columns));
    arguments.expect_length("y", y.length, product(sequences(), p_.columns));
    arguments.expect_apart("y", y, "x", x);
    p_.x = x.data;
    p_.y = y.data;
    p_.offsets = offsets_.data();
  }
  std::string execute(const KernelSet& kernels) override {
    run_pool(kernels, p_, sequences());
    return "";
  }

 private:
  int64_t sequences() const { return static_cast<int64_t>(offsets_.size()) - 1; }
  PoolSequences p_;
  Buffer<int32_t> offsets_;
};

class NormalizeJob : public Job {
 public:
  void read(Arguments& arguments) override {
    rows_ = arguments.size("rows");
    p_.columns = arguments.size("columns");
    read_in_place(arguments, product(rows_, p_.columns), &p_.x, &p_.y);
    p_.epsilon = static_cast<float>(arguments.number("epsilon"));
    arguments.expect(p_.epsilon > 0, "epsilon", "a positive number", p_.epsilon);
  }
  std::string execute(const KernelSet& kernels) override {
    run_l2_normalize(kernels, p_, rows_);
    return "";
  }

 private:
  NormalizeRows p_;
  int64_t rows_ = 0;
};

}  // namespace

std::unique_ptr<Job> make_layer_norm_job() { return std::make_unique<LayerNormJob>(); }

std::unique_ptr<Job> make_gate_job() { return std::make_unique<GateJob>(); }

void export_row_operations(Napi::Env env, Napi::Object exports) {
  export_job<SoftmaxJob>(env, exports, "softmax");
  export_job<LayerNormJob>(env, exports, "layerNorm");
  export_job<GeluJob>(env, exports, "gelu");
  export_job<GateJob>(env, exports, "gate");
  export_job<EmbeddingJob>(env, exports, "embedding");
  export_job<PoolJob>(env, exports, "pool");
  export_job<NormalizeJob>(env, exports, "l2Normalize");
}

}  // namespace sa
