// BertModel: a loaded encoder behind a JavaScript object, its loading and its forward pass as jobs.
#include <memory>
#include <string>
#include <vector>

#include "binding/handle.h"
#include "binding/operations.h"
#include "encoder/bert.h"
#include "runtime/mapped_file.h"

namespace sa {

namespace {

class BertModel : public Handle<BertModel, Bert> {
 public:
  static constexpr napi_type_tag kTag = {0x73796e7468617474, 0x626572746d6f646c};
  static constexpr const char* kName = "BertModel";

  // Only the loading job makes one: it hands over the model behind an external value.
  explicit BertModel(const Napi::CallbackInfo& info) : Handle(info) {
    if (!info[0].IsExternal()) {
      throw_native_error(info.Env(),
                         "BertModel: expected loadBert to make it but received a direct construction");
      return;
    }
    own(info, *info[0].As<Napi::External<std::shared_ptr<const Bert>>>().Data());
  }
};

// One constructor an environment: a process-wide one would outlive the first worker to end.
struct EncoderState {
  Napi::FunctionReference model;
};

class LoadBertJob : public Job {
 public:
  void read(Arguments& arguments) override {
    path_ = arguments.text("path");
    {
      const Arguments::Scope scope(arguments, arguments.get("config"));
      constexpr int64_t kLimit = 1 << 24;
      config_.hidden = arguments.integer("hidden", 1, kLimit);
      config_.layers = arguments.integer("layers", 0, 4096);
      config_.heads = arguments.integer("heads", 1, kLimit);
      config_.intermediate = arguments.integer("intermediate", 1, kLimit);
      config_.vocabulary = arguments.integer("vocabulary", 1, kLimit);
      config_.positions = arguments.integer("positions", 1, kLimit);
      config_.token_types = arguments.integer("tokenTypes", 1, kLimit);
      config_.epsilon = static_cast<float>(arguments.number("epsilon"));
      config_.activation = static_cast<Activation>(arguments.integer("activation", 0, 3));
      arguments.expect(config_.hidden % config_.heads == 0, "config.heads",
                       "a divisor of the hidden size " + std::to_string(config_.hidden),
                       static_cast<double>(config_.heads));
    }
    read_tensors(arguments, "tensors", kBertTensors, 1, bert_tensor_size, &tensors_);
    read_tensors(arguments, "layerTensors", kBertLayerTensors, config_.layers, bert_layer_tensor_size,
                 &layer_tensors_);
  }

  std::string execute(const KernelSet& kernels) override {
    auto file = std::make_shared<MappedFile>();
    const std::string error = file->open(path_);
    if (!error.empty()) return path_ + ": expected a readable weights file but received " + error;
    for (std::vector<Tensor>* group : {&tensors_, &layer_tensors_}) {
      for (const Tensor& tensor : *group) {
        const int64_t end =
            tensor.begin + tensor.view.count * static_cast<int64_t>(dtype_size(tensor.view.dtype));
        // The file may have changed since its header was read.
        if (end > static_cast<int64_t>(file->size())) {
          return path_ + ": expected at least " + std::to_string(end) + " bytes but received " +
                 std::to_string(file->size());
        }
      }
    }
    std::shared_ptr<const Bert> bert =
        Bert::load(kernels, config_, file, views(tensors_, *file), views(layer_tensors_, *file));
    if (bert == nullptr) return kOutOfMemory;
    model_ = std::move(bert);
    return "";
  }

  Napi::Value result(Napi::Env env) override {
    EncoderState* state = env.GetInstanceData<EncoderState>();
    return state->model.New({Napi::External<std::shared_ptr<const Bert>>::New(env, &model_)});
  }

 private:
  struct Tensor {
    int64_t begin = 0;
    WeightView view;
  };

  // `name`: groups * count entries {begin, count, dtype}, in the order of the roles.
  void read_tensors(Arguments& arguments, const char* name, int count, int64_t groups,
                    int64_t (*size)(const BertConfig&, int), std::vector<Tensor>* out) {
    const Napi::Value list = arguments.get(name);
    const int64_t wanted = count * groups;
    if (!list.IsArray() || list.As<Napi::Array>().Length() != wanted) {
      arguments.fail(name, "an array of " + std::to_string(wanted) + " tensors", describe_value(list));
      return;
    }
    for (int64_t i = 0; i < wanted && !arguments.failed(); ++i) {
      const Arguments::Scope scope(arguments, list.As<Napi::Array>().Get(static_cast<uint32_t>(i)));
      Tensor tensor;
      tensor.begin = arguments.size("begin");
      tensor.view.count = arguments.size("count");
      tensor.view.dtype = static_cast<DType>(arguments.integer("dtype", 0, 2));
      const int64_t expected = size(config_, static_cast<int>(i % count));
      arguments.expect(tensor.view.count == expected, name, std::to_string(expected) + " elements",
                       static_cast<double>(tensor.view.count));
      out->push_back(tensor);
    }
  }

  static std::vector<WeightView> views(const std::vector<Tensor>& tensors, const MappedFile& file) {
    std::vector<WeightView> out;
    for (const Tensor& tensor : tensors) {
      out.push_back(tensor.view);
      out.back().data = file.data() + tensor.begin;
    }
    return out;
  }

  std::string path_;
  BertConfig config_;
  std::vector<Tensor> tensors_, layer_tensors_;
  std::shared_ptr<const Bert> model_;
};

class EncodeJob : public Job {
 public:
  void read(Arguments& arguments) override {
    model_ = BertModel::read(arguments, "model");
    const Span<int32_t> ids = arguments.int32s("ids");
    offsets_ = read_offsets(arguments, arguments.int32s("offsets"));
    batch_.output = static_cast<EncodeOutput>(arguments.integer("output", 0, 3));
    batch_.normalize = arguments.boolean("normalize");
    const Span<float> out = arguments.floats("out");
    if (arguments.failed()) return;
    const BertConfig& config = model_->config();
    const int64_t sequences = static_cast<int64_t>(offsets_.size()) - 1, tokens = offsets_.back();
    arguments.expect_length("ids", ids.length, static_cast<double>(tokens));
    const int64_t rows = batch_.output == EncodeOutput::kTokens ? tokens : sequences;
    arguments.expect_length("out", out.length,
                            static_cast<double>(rows) * static_cast<double>(config.hidden));
    if (arguments.failed()) return;
    ids_.assign(ids.data, ids.data + tokens);
    for (const int32_t id : ids_) {
      if (id < 0 || id >= config.vocabulary) {
        arguments.fail("ids", "token ids from 0 to " + std::to_string(config.vocabulary - 1),
                       std::to_string(id));
        return;
      }
    }
    for (int64_t s = 0; s < sequences; ++s) {
      const int64_t length = offsets_[s + 1] - offsets_[s];
      arguments.expect(length <= config.positions, "offsets",
                       "sequences of at most " + std::to_string(config.positions) + " tokens",
                       static_cast<double>(length));
    }
    batch_.ids = ids_.data();
    batch_.offsets = offsets_.data();
    batch_.sequences = sequences;
    batch_.out = out.data;
    const Span<float> attention = arguments.floats("attention", true);
    if (attention.present()) {
      arguments.expect(sequences == 1, "offsets", "one sequence (with attention)",
                       static_cast<double>(sequences));
      arguments.expect_length("attention", attention.length,
                              static_cast<double>(config.layers * config.heads) *
                                  static_cast<double>(tokens) * static_cast<double>(tokens));
      arguments.expect_apart("out", out, "attention", attention);
      batch_.attention = attention.data;
    }
  }

  std::string execute(const KernelSet&) override { return succeeded(model_->encode(batch_)); }

 private:
  std::shared_ptr<const Bert> model_;
  std::vector<int32_t> ids_, offsets_;
  EncodeBatch batch_;
};

}  // namespace

void export_encoder(Napi::Env env, Napi::Object exports) {
  EncoderState* state = new EncoderState;
  state->model = Napi::Persistent(BertModel::define(env));
  env.SetInstanceData<EncoderState>(state);
  export_job<LoadBertJob>(env, exports, "loadBert");
  export_job<EncodeJob>(env, exports, "encode");
}

}  // namespace sa
