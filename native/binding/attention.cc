#include <algorithm>
#include <iterator>

#include "binding/operations.h"
#include "binding/packed_matrix.h"
#include "schedule/run.h"

namespace sa {

namespace {

class AttentionJob : public Job {
 public:
  void read(Arguments& arguments) override {
    p_.batch = arguments.size("batch");
    p_.heads = arguments.size("heads");
    p_.queries = arguments.size("queries");
    p_.keys = arguments.size("keys");
    p_.value_columns = arguments.size("valueColumns");
    constexpr int64_t kFarthest = int64_t{1} << 48;
    p_.position = arguments.integer("position", 0, kFarthest);
    p_.before = arguments.integer("before", -1, kFarthest);
    p_.after = arguments.integer("after", -1, kFarthest);
    p_.kv_group = arguments.size("kvGroup", 1);
    if (arguments.failed()) return;
    arguments.expect(p_.heads % p_.kv_group == 0, "kvGroup",
                     "a divisor of the heads " + std::to_string(p_.heads), static_cast<double>(p_.kv_group));

    expect_packable(arguments, "valueColumns", p_.value_columns);

    out_ = arguments.output("out");
    p_.out = out_.data;
    p_.out_strides = arguments.strides("outStrides");
    arguments.expect_inside("out", out_.length, p_.out_strides, p_.batch, p_.heads, p_.queries,
                            p_.value_columns);
    expect_rows_apart(arguments);

    const Span<const float> value = arguments.floats("value");
    p_.value = value.data;
    p_.value_strides = arguments.strides("valueStrides");
    arguments.expect_inside("value", value.length, p_.value_strides, p_.batch, p_.heads / p_.kv_group,
                            p_.keys, p_.value_columns);
    apart(arguments, "value", value);

    const Span<const uint8_t> mask = arguments.bytes("mask", true);
    if (mask.present()) {
      p_.mask = mask.data;
      p_.mask_strides = arguments.strides("maskStrides");
      arguments.expect_inside("mask", mask.length, p_.mask_strides, p_.batch, p_.heads, p_.queries, p_.keys);
      apart(arguments, "mask", mask);
    }

    weights_ = arguments.output("weights", true);
    if (weights_.present()) {
      p_.weights = weights_.data;
      const double rows =
          static_cast<double>(p_.batch) * static_cast<double>(p_.heads) * static_cast<double>(p_.queries);
      arguments.expect_length("weights", weights_.length, rows * static_cast<double>(p_.keys));
      arguments.expect_apart("out", out_, "weights", weights_);
    }

    const Napi::Value sources = arguments.get("sources");
    const uint32_t count = sources.IsArray() ? sources.As<Napi::Array>().Length() : 0;
    if (count < 1 || count > kMaxScoreSources) {
      arguments.fail("sources", "an array of 1 to " + std::to_string(kMaxScoreSources) + " score sources",
                     sources.IsArray() ? std::to_string(count) : describe_value(sources));
      return;
    }
    p_.source_count = static_cast<int>(count);
    for (uint32_t i = 0; i < count && !arguments.failed(); ++i) {
      const Arguments::Scope scope(arguments, sources.As<Napi::Array>().Get(i));
      read_source(arguments, p_.sources[i]);
    }
  }

  std::string execute(const KernelSet& kernels) override { return succeeded(run_attention(kernels, p_)); }

  int64_t rows_each(int64_t batch) const override {
    // Where there is nothing to compute, a part for each sequence of a huge batch would be work too.
    return p_.batch == batch && p_.value_columns > 0 ? p_.queries : 0;
  }

  std::string execute_part(const KernelSet& kernels, int64_t, int64_t begin, int64_t end) override {
    Attention part = p_;
    part.batch = end - begin;
    for (int i = 0; i < part.source_count; ++i) {
      ScoreSource& source = part.sources[i];
      source.left += begin * source.left_strides.batch;
      if (source.right != nullptr) source.right += begin * source.right_strides.batch;
      if (source.kind == ScoreKind::kPrepared) {
        source.prepared.sums += begin * source.left_strides.batch;
        source.prepared.logits += begin * source.left_strides.batch;
      }
    }
    part.value += begin * p_.value_strides.batch;
    part.out += begin * p_.out_strides.batch;
    if (part.mask != nullptr) part.mask += begin * p_.mask_strides.batch;
    if (part.weights != nullptr) part.weights += begin * p_.heads * p_.queries * p_.keys;
    return succeeded(run_attention(kernels, part));
  }

 private:
  template <typename T>
  void apart(Arguments& arguments, const char* name, const Span<T>& input) {
    arguments.expect_apart("out", out_, name, input);
    if (weights_.present()) arguments.expect_apart("weights", weights_, name, input);
  }

  void read_source(Arguments& arguments, ScoreSource& source) {
    source.kind = static_cast<ScoreKind>(arguments.integer("kind", 0, 5));
    source.weight = static_cast<float>(arguments.number("weight"));
    const Span<const float> left = arguments.floats("left");
    source.left = left.data;
    source.left_strides = arguments.strides("leftStrides");
    apart(arguments, "left", left);
    const bool given = source.kind == ScoreKind::kMatrix || source.kind == ScoreKind::kPrepared;
    source.depth = given ? 0 : arguments.size("depth");
    expect_packable(arguments, "depth", source.depth);
    expect_rows(arguments, "left", left, source.left_strides, p_.heads, p_.queries,
                given ? p_.keys : source.depth);
    switch (source.kind) {
      case ScoreKind::kProduct:
        read_right(arguments, source, p_.heads / p_.kv_group, p_.keys, source.depth);
        break;
      case ScoreKind::kAdditive: {
        read_right(arguments, source, p_.heads / p_.kv_group, p_.keys, source.depth);
        source.factor = static_cast<float>(arguments.number("factor"));
        const Span<const float> weights = arguments.floats("featureWeights", true);
        if (weights.present()) {
          arguments.expect_length("featureWeights", weights.length, static_cast<double>(source.depth));
          apart(arguments, "featureWeights", weights);
          source.feature_weights = weights.data;
        }
        break;
      }
      case ScoreKind::kOuter:
        arguments.expect(source.depth > 0, "depth", "at least 1", static_cast<double>(source.depth));
        if (arguments.failed()) return;
        read_right(arguments, source, p_.heads, p_.queries, (p_.keys + source.depth - 1) / source.depth);
        break;
      case ScoreKind::kPanels: {
        const std::shared_ptr<const Panels> panels = PackedMatrix::read(arguments, "panels", false);
        if (panels == nullptr) return;
        arguments.expect(panels->k == source.depth, "panels.k", std::to_string(source.depth),
                         static_cast<double>(panels->k));
        arguments.expect(panels->n >= p_.keys, "panels.n", "at least " + std::to_string(p_.keys),
                         static_cast<double>(panels->n));
        arguments.expect(panels->count == 1 || panels->count >= p_.heads, "panels.count",
                         "1 or " + std::to_string(p_.heads), static_cast<double>(panels->count));
        source.right = panels->data.data();
        source.right_strides = {0, panels->count == 1 ? 0 : static_cast<ptrdiff_t>(panels->each), 0};
        panels_.push_back(panels);
        break;
      }
      case ScoreKind::kMatrix:
        break;
      case ScoreKind::kPrepared: {
        arguments.expect(p_.source_count == 1 && source.weight == 1.0f, "sources",
                         "prepared scores alone, with weight 1", p_.source_count);
        const Span<const float> sums = arguments.floats("sums"), logits = arguments.floats("logits");
        expect_rows(arguments, "sums", sums, source.left_strides, p_.heads, p_.queries, p_.keys);
        expect_rows(arguments, "logits", logits, source.left_strides, p_.heads, p_.queries, p_.keys);
        apart(arguments, "sums", sums);
        apart(arguments, "logits", logits);
        source.prepared = {sums.data, logits.data};
        break;
      }
    }
    const Span<const float> bias = arguments.floats("bias", true);
    if (bias.present()) {
      source.bias = bias.data;
      source.bias_head = arguments.size("biasHeadStride");
      arguments.expect_inside("bias", bias.length, {0, source.bias_head, 0}, 1, p_.heads, 1, p_.keys);
      apart(arguments, "bias", bias);
    }
  }

  // Threads write different rows, and no more of them than `out` has room for: a row begins where those that
  // vary faster have ended.
  void expect_rows_apart(Arguments& arguments) {
    const bool empty = p_.batch == 0 || p_.heads == 0 || p_.queries == 0 || p_.value_columns == 0;
    if (arguments.failed() || empty) return;
    struct Axis {
      double count, stride;
    };
    Axis axes[] = {{static_cast<double>(p_.batch), static_cast<double>(p_.out_strides.batch)},
                   {static_cast<double>(p_.heads), static_cast<double>(p_.out_strides.head)},
                   {static_cast<double>(p_.queries), static_cast<double>(p_.out_strides.row)}};
    std::sort(std::begin(axes), std::end(axes),
              [](const Axis& a, const Axis& b) { return a.stride < b.stride; });
    double extent = static_cast<double>(p_.value_columns);
    for (const Axis& axis : axes) {
      if (axis.count == 1) continue;
      arguments.expect(axis.stride >= extent, "outStrides", "strides that keep the rows of out apart",
                       axis.stride);
      extent += (axis.count - 1) * axis.stride;
    }
  }

  // Keys and values are packed; with strides of 0 their sizes are not bounded by any array.
  void expect_packable(Arguments& arguments, const char* name, int64_t columns) {
    constexpr double kLargestPacked = 1e12;
    const double packed = static_cast<double>(p_.keys) * static_cast<double>(columns + 64);
    arguments.expect(packed <= kLargestPacked, name, "keys times columns of at most 1e12", packed);
  }

  void expect_rows(Arguments& arguments, const char* name, const Span<const float>& span,
                   const HeadStrides& strides, int64_t heads, int64_t rows, int64_t columns) {
    arguments.expect_inside(name, span.length, strides, p_.batch, heads, rows, columns);
  }

  void read_right(Arguments& arguments, ScoreSource& source, int64_t heads, int64_t rows, int64_t columns) {
    const Span<const float> right = arguments.floats("right");
    source.right = right.data;
    source.right_strides = arguments.strides("rightStrides");
    expect_rows(arguments, "right", right, source.right_strides, heads, rows, columns);
    apart(arguments, "right", right);
  }

  Attention p_;
  Span<float> out_, weights_;
  std::vector<std::shared_ptr<const Panels>> panels_;
};

class PrepareScoresJob : public Job {
 public:
  void read(Arguments& arguments) override {
    rows_ = arguments.size("rows");
    columns_ = arguments.size("columns");
    logits_ = arguments.floats("logits");
    exponentials_ = arguments.output("exponentials");
    sums_ = arguments.output("sums");
    const double size = static_cast<double>(rows_) * static_cast<double>(columns_);
    arguments.expect_length("logits", logits_.length, size);
    arguments.expect_length("exponentials", exponentials_.length, size);
    arguments.expect_length("sums", sums_.length, size);
    arguments.expect_apart("exponentials", exponentials_, "logits", logits_);
    arguments.expect_apart("sums", sums_, "logits", logits_);
    arguments.expect_apart("sums", sums_, "exponentials", exponentials_);
  }

  std::string execute(const KernelSet& kernels) override {
    run_prepare_scores(kernels, logits_.data, rows_, columns_, exponentials_.data, sums_.data);
    return "";
  }

 private:
  int64_t rows_ = 0, columns_ = 0;
  Span<const float> logits_;
  Span<float> exponentials_, sums_;
};

}  // namespace

std::unique_ptr<Job> make_attention_job() { return std::make_unique<AttentionJob>(); }

void export_attention(Napi::Env env, Napi::Object exports) {
  export_job<AttentionJob>(env, exports, "attention");
  export_job<PrepareScoresJob>(env, exports, "prepareScores");
}

}  // namespace sa
