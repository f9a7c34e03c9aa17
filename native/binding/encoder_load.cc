// loadTransformer: the references that JavaScript found in the headers of weights files, checked, followed
// and packed.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/encoder.h"
#include "binding/operations.h"
#include "runtime/allocation.h"
#include "runtime/source_file.h"

namespace sa {

namespace {

constexpr int64_t kLimit = 1 << 24;

class LoadTransformerJob : public Job {
 public:
  void read(Arguments& arguments) override {
    read_paths(arguments);
    read_states(arguments);
    {
      const Arguments::Scope scope(arguments, arguments.get("config"));
      read_config(arguments);
    }
    if (arguments.failed()) return;
    {
      const Arguments::Scope scope(arguments, arguments.get("embeddings"));
      read_embeddings(arguments);
    }
    const Napi::Value rotary = arguments.get("rotary");
    for_each(arguments, "rotary", rotary, &view_.rotary, [&](RotaryView& to) {
      to.size = arguments.integer("size", 2, config_.hidden / config_.heads);
      to.theta = arguments.number("theta");
      arguments.expect(to.size % 2 == 0, "rotary.size", "an even number", static_cast<double>(to.size));
      to.divisor = arguments.number("divisor");
      arguments.expect(to.theta > 0, "rotary.theta", "a positive number", to.theta);
      arguments.expect(to.divisor > 0, "rotary.divisor", "a positive number", to.divisor);
    });
    for_each(arguments, "layers", arguments.get("layers"), &view_.layers,
             [&](LayerView& to) { read_layer(arguments, &to); });
    read_order(arguments);
    read_norm(arguments, "finalNorm", config_.hidden, true, &view_.final_norm);
  }

  std::string execute(const KernelSet& kernels) override {
    std::vector<std::shared_ptr<const ByteSource>> files;
    for (size_t i = 0; i < paths_.size(); ++i) {
      std::shared_ptr<SourceFile> file = std::make_shared<SourceFile>();
      const std::string error = file->open(paths_[i]);
      if (!error.empty()) {
        return about_files(paths_[i] + ": expected a readable weights file but received " + error);
      }
      if (!as_described(i, *file)) {
        return about_files(paths_[i] + " was changed while the model was loaded; load the model again");
      }
      files_.push_back(file);
      files.push_back(std::move(file));
    }
    for (const Placed& placed : placed_) {
      const SourceFile& file = *files_[static_cast<size_t>(placed.file)];
      WeightView& view = *placed.view;
      const int64_t bytes = view.count * static_cast<int64_t>(dtype_size(view.dtype));
      const int64_t end = std::max(placed.begin + bytes, placed.scales_begin + 4 * view.rows);
      if (end > static_cast<int64_t>(file.state().size)) {
        return about_files(file.path() + ": expected at least " + std::to_string(end) +
                           " bytes but received " + std::to_string(file.state().size));
      }
      view.source = &file;
      view.begin = static_cast<uint64_t>(placed.begin);
      view.scales_begin = static_cast<uint64_t>(placed.scales_begin);
    }
    WeightReader reader;
    std::shared_ptr<const Transformer> model =
        Transformer::load(kernels, config_, std::move(files), view_, &reader);
    std::string problem = reader.problem();
    // What was read counts only if the files are still as they were, and what is wrong with it too.
    for (const auto& file : files_) {
      if (problem.empty()) problem = file->verify();
    }
    if (!problem.empty()) return about_files(std::move(problem));
    if (reader.failure() == WeightReader::Failure::kNotFinite) {
      culprit_ = reader.culprit();
      return "";
    }
    if (model == nullptr) return kOutOfMemory;
    model_ = std::move(model);
    return "";
  }

  // The model, or what is wrong with the files: {problem}, a sentence, or {notFinite}, a tensor's place.
  Napi::Value result(Napi::Env env) override {
    if (model_ != nullptr) return new_transformer_model(env, &model_);
    Napi::Object out = Napi::Object::New(env);
    if (!culprit_.present()) {
      out.Set("problem", problem_);
      return out;
    }
    Napi::Object place = Napi::Object::New(env);
    for (size_t i = 0; i < files_.size(); ++i) {
      if (files_[i].get() == culprit_.source) place.Set("file", static_cast<double>(i));
    }
    place.Set("begin", static_cast<double>(culprit_.begin));
    out.Set("notFinite", place);
    return out;
  }

 private:
  // Where a view is in the files, once they are open.
  struct Placed {
    WeightView* view;
    int64_t file, begin, scales_begin;
  };

  // What JavaScript knows of a file whose header it has read.
  struct Described {
    int64_t device, inode, size, modified_ns, changed_ns;
  };

  // A caller that has read the headers is told about its files in the result; for others a file that is not
  // right is a wrong argument.
  std::string about_files(std::string problem) {
    if (described_.empty()) return problem;
    problem_ = std::move(problem);
    return "";
  }

  bool as_described(size_t index, const SourceFile& file) const {
    if (described_.empty()) return true;
    const Described& described = described_[index];
    const FileState& state = file.state();
#if !defined(_WIN32)
    // On Windows the two sides have ids and times of different kinds.
    if (described.device != static_cast<int64_t>(state.device)) return false;
    if (described.inode != static_cast<int64_t>(state.inode)) return false;
    if (!same_time(described.changed_ns, state.changed_ns)) return false;
#endif
    return described.size == static_cast<int64_t>(state.size) &&
           same_time(described.modified_ns, state.modified_ns);
  }

  // 0 stands for a time that the runtime does not know to the nanosecond.
  static bool same_time(int64_t described_ns, int64_t ns) { return described_ns == 0 || described_ns == ns; }

  static bool absent(const Napi::Value& value) { return value.IsUndefined() || value.IsNull(); }

  // `to` gets as many elements as the array has; `body` reads one of them from the current scope.
  template <typename T, typename Body>
  static void for_each(Arguments& arguments, const char* name, const Napi::Value& list, std::vector<T>* to,
                       const Body& body) {
    if (arguments.failed()) return;
    if (!list.IsArray() || list.As<Napi::Array>().Length() > 65536) {
      arguments.fail(name, "an array of at most 65536 objects", describe_value(list));
      return;
    }
    const uint32_t length = list.As<Napi::Array>().Length();
    if (!try_resize(to, length)) {
      arguments.fail(name, "enough memory for them", "none from the system");
      return;
    }
    for (uint32_t i = 0; i < length && !arguments.failed(); ++i) {
      const Arguments::Scope scope(arguments, list.As<Napi::Array>().Get(i));
      if (!arguments.failed()) body((*to)[i]);
    }
  }

  void read_paths(Arguments& arguments) {
    const Napi::Value list = arguments.get("paths");
    const bool fits =
        list.IsArray() && list.As<Napi::Array>().Length() >= 1 && list.As<Napi::Array>().Length() <= 65536;
    const uint32_t length = fits ? list.As<Napi::Array>().Length() : 0;
    for (uint32_t i = 0; i < length; ++i) {
      const Napi::Value path = list.As<Napi::Array>().Get(i);
      if (path.IsString()) paths_.push_back(path.As<Napi::String>().Utf8Value());
    }
    if (!fits || paths_.size() != length) {
      arguments.fail("paths", "an array of one or more strings", describe_value(list));
    }
  }

  void read_states(Arguments& arguments) {
    if (arguments.failed()) return;
    const Napi::Value value = arguments.get("states");
    if (absent(value)) return;
    napi_typedarray_type type = napi_int8_array;
    size_t length = 0;
    void* data = nullptr;
    const bool read = value.IsTypedArray() && napi_get_typedarray_info(arguments.env(), value, &type, &length,
                                                                       &data, nullptr, nullptr) == napi_ok;
    if (!read || type != napi_bigint64_array || length != 5 * paths_.size()) {
      arguments.fail("states", "a BigInt64Array of 5 numbers a path", describe_value(value));
      return;
    }
    const int64_t* numbers = static_cast<const int64_t*>(data);
    for (size_t i = 0; i < length; i += 5) {
      described_.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4]});
    }
  }

  void read_config(Arguments& arguments) {
    config_.hidden = arguments.integer("hidden", 1, kLimit);
    config_.heads = arguments.integer("heads", 1, kLimit);
    config_.intermediate = arguments.integer("intermediate", 1, kLimit);
    config_.vocabulary = arguments.integer("vocabulary", 1, kLimit);
    config_.positions = arguments.integer("positions", 1, kLimit);
    config_.epsilon = static_cast<float>(arguments.number("epsilon"));
    config_.activation = static_cast<Activation>(arguments.integer("activation", 0, 4));
    config_.gated = arguments.boolean("gated");
    config_.pre_norm = arguments.boolean("preNorm");
    config_.quantize = arguments.boolean("quantize");
    if (arguments.failed()) return;
    arguments.expect(config_.hidden % config_.heads == 0, "config.heads",
                     "a divisor of the hidden size " + std::to_string(config_.hidden),
                     static_cast<double>(config_.heads));
  }

  // The tensor under `name`, of `count` elements in `rows` rows.
  void read_tensor(Arguments& arguments, const char* name, int64_t count, int64_t rows, bool optional,
                   WeightView* to) {
    if (arguments.failed()) return;
    const Napi::Value value = arguments.get(name);
    if (optional && absent(value)) return;
    const Arguments::Scope scope(arguments, value);
    if (arguments.failed()) return;
    Placed placed = {to, 0, arguments.size("begin"), 0};
    if (!absent(arguments.get("file"))) {
      placed.file = arguments.integer("file", 0, static_cast<int64_t>(paths_.size()) - 1);
    }
    to->count = arguments.size("count");
    to->dtype = static_cast<DType>(arguments.integer("dtype", 0, 3));
    if (arguments.failed()) return;
    arguments.expect(to->count == count, name, std::to_string(count) + " elements",
                     static_cast<double>(to->count));
    if (to->dtype == DType::kI8) {
      placed.scales_begin = arguments.size("scalesBegin");
      to->rows = rows;
    }
    placed_.push_back(placed);
  }

  void read_linear(Arguments& arguments, const char* name, int64_t out, int64_t in, bool optional,
                   LinearView* to) {
    if (arguments.failed()) return;
    const Napi::Value value = arguments.get(name);
    if (optional && absent(value)) return;
    const Arguments::Scope scope(arguments, value);
    if (arguments.failed()) return;
    to->out = out;
    read_tensor(arguments, "weight", out * in, out, false, &to->weight);
    read_tensor(arguments, "bias", out, 1, true, &to->bias);
  }

  void read_norm(Arguments& arguments, const char* name, int64_t columns, bool optional, NormView* to) {
    if (arguments.failed()) return;
    const Napi::Value value = arguments.get(name);
    if (optional && absent(value)) return;
    const Arguments::Scope scope(arguments, value);
    if (arguments.failed()) return;
    read_tensor(arguments, "gamma", columns, 1, false, &to->gamma);
    read_tensor(arguments, "beta", columns, 1, true, &to->beta);
  }

  void read_embeddings(Arguments& arguments) {
    EmbeddingsView& to = view_.embeddings;
    to.size = arguments.integer("size", 1, kLimit);
    to.vocabulary = config_.vocabulary;
    read_tensor(arguments, "words", config_.vocabulary * to.size, config_.vocabulary, false, &to.words);
    read_tensor(arguments, "positions", config_.positions * to.size, config_.positions, true, &to.positions);
    read_tensor(arguments, "tokenType", to.size, 1, true, &to.token_type);
    read_norm(arguments, "norm", to.size, true, &to.norm);
    read_linear(arguments, "projection", config_.hidden, to.size, to.size == config_.hidden, &to.projection);
  }

  void read_layer(Arguments& arguments, LayerView* to) {
    const int64_t hidden = config_.hidden, inner = config_.intermediate;
    {
      const Arguments::Scope scope(arguments, arguments.get("attention"));
      if (arguments.failed()) return;
      to->attention.before = arguments.integer("before", -1, kLimit);
      to->attention.after = arguments.integer("after", -1, kLimit);
      read_linear(arguments, "value", hidden, hidden, false, &to->attention.value);
      read_groups(arguments, &to->attention);
    }
    const int64_t rotary = static_cast<int64_t>(view_.rotary.size());
    to->rotary = static_cast<int>(arguments.integer("rotary", -1, rotary - 1));
    read_linear(arguments, "attentionOutput", hidden, hidden, false, &to->attention_output);
    read_norm(arguments, "attentionNorm", hidden, config_.pre_norm, &to->attention_norm);
    read_linear(arguments, "up", inner, hidden, false, &to->up[0]);
    if (config_.gated) read_linear(arguments, "gate", inner, hidden, false, &to->up[1]);
    read_linear(arguments, "down", hidden, inner, false, &to->down);
    read_norm(arguments, "outputNorm", hidden, config_.pre_norm, &to->output_norm);
  }

  void read_groups(Arguments& arguments, AttentionView* to) {
    int64_t left = config_.heads;
    for_each(arguments, "groups", arguments.get("groups"), &to->groups, [&](HeadGroupView& group) {
      group.heads = arguments.integer("heads", 1, left);
      if (arguments.failed()) return;
      left -= group.heads;
      for_each(arguments, "scores", arguments.get("scores"), &group.scores,
               [&](ScoreView& score) { read_score(arguments, group.heads, &score); });
      const double count = static_cast<double>(group.scores.size());
      arguments.expect(count >= 1 && count <= kMaxScoreSources, "scores", "1 to 8 of them", count);
    });
    const int64_t taken = config_.heads - left;
    arguments.expect(left == 0, "groups", "groups of " + std::to_string(config_.heads) + " heads in all",
                     static_cast<double>(taken));
  }

  void read_score(Arguments& arguments, int64_t heads, ScoreView* to) {
    const int64_t hidden = config_.hidden, own = hidden / config_.heads * heads;
    to->function = static_cast<ScoreFunction>(arguments.integer("kind", 0, 5));
    to->weight = static_cast<float>(arguments.number("weight"));
    if (arguments.failed()) return;
    if (to->function == ScoreFunction::kDot) {
      read_linear(arguments, "query", own, hidden, false, &to->first);
      read_linear(arguments, "key", own, hidden, false, &to->second);
      return;
    }
    if (to->function == ScoreFunction::kRelative) {
      read_relative(arguments, heads, to);
      return;
    }
    // Every position that a sequence may have needs its row.
    to->length = arguments.integer("length", config_.positions, 65536);
    if (to->function == ScoreFunction::kRandom) {
      read_tensor(arguments, "matrix", heads * to->length * to->length, heads * to->length, false,
                  &to->matrix);
      return;
    }
    to->depth = arguments.integer("depth", 1, kLimit);
    if (arguments.failed()) return;
    if (to->function == ScoreFunction::kFactorized) {
      const int64_t rows = heads * to->length;
      read_tensor(arguments, "left", rows * to->depth, rows, false, &to->matrix);
      read_tensor(arguments, "right", rows * to->depth, rows, false, &to->other);
      return;
    }
    int64_t columns = to->length;
    if (to->function == ScoreFunction::kOuter) {
      to->tile = arguments.integer("tile", 1, to->length);
      if (arguments.failed()) return;
      arguments.expect(to->length % to->tile == 0, "tile", "a divisor of " + std::to_string(to->length),
                       static_cast<double>(to->tile));
      columns = to->tile + to->length / to->tile;
    }
    const int64_t maps = arguments.boolean("shared") ? 1 : heads;
    read_linear(arguments, "hidden", heads * to->depth, hidden, false, &to->first);
    read_tensor(arguments, "output", maps * to->depth * columns, maps * to->depth, false, &to->matrix);
    read_tensor(arguments, "bias", maps * columns, maps, true, &to->other);
  }

  void read_relative(Arguments& arguments, int64_t heads, ScoreView* to) {
    const int64_t buckets = arguments.integer("buckets", 1, 65536);
    const Span<const int32_t> index = arguments.int32s("index");
    if (arguments.failed()) return;
    arguments.expect_length("index", index.length, 2.0 * static_cast<double>(config_.positions) - 1);
    if (arguments.failed()) return;
    if (!try_resize(&to->index, static_cast<size_t>(2 * config_.positions - 1))) {
      arguments.fail("index", "enough memory for a copy", "none from the system");
      return;
    }
    std::copy(index.data, index.data + 2 * config_.positions - 1, to->index.begin());
    for (const int32_t bucket : to->index) {
      arguments.expect(bucket >= 0 && bucket < buckets, "index", "buckets below " + std::to_string(buckets),
                       bucket);
    }
    read_tensor(arguments, "table", buckets * heads, buckets, false, &to->matrix);
  }

  void read_order(Arguments& arguments) {
    const Span<const int32_t> order = arguments.int32s("order");
    if (arguments.failed()) return;
    if (!try_resize(&view_.order, static_cast<size_t>(order.length))) {
      arguments.fail("order", "enough memory for a copy", "none from the system");
      return;
    }
    std::copy(order.data, order.data + order.length, view_.order.begin());
    for (const int32_t layer : view_.order) {
      arguments.expect(layer >= 0 && layer < static_cast<int64_t>(view_.layers.size()), "order",
                       "indices of layers", layer);
    }
    // Rotary positions turn queries and keys.
    for (const LayerView& layer : view_.layers) {
      bool dot = false;
      for (const HeadGroupView& group : layer.attention.groups) {
        for (const ScoreView& score : group.scores) dot = dot || score.function == ScoreFunction::kDot;
      }
      arguments.expect(layer.rotary < 0 || dot, "rotary", "-1 for attention without queries", layer.rotary);
    }
  }

  std::vector<std::string> paths_;
  std::vector<Described> described_;
  std::vector<std::shared_ptr<SourceFile>> files_;
  TransformerConfig config_;
  TransformerView view_;
  std::vector<Placed> placed_;
  std::shared_ptr<const Transformer> model_;
  std::string problem_;
  WeightView culprit_;
};

}  // namespace

void export_load_transformer(Napi::Env env, Napi::Object exports) {
  export_job<LoadTransformerJob>(env, exports, "loadTransformer");
}

}  // namespace sa
