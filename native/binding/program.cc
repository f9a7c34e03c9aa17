// Program: a loaded program behind a JavaScript object, and its forward pass as a job.
#include "binding/program.h"

#include <algorithm>
#include <memory>
#include <string>

#include "binding/handle.h"
#include "binding/operations.h"

namespace sa {

namespace {

class ProgramObject : public Handle<ProgramObject, Program> {
 public:
  static constexpr napi_type_tag kTag = {0x73796e7468617474, 0x7472616e73666f72};
  static constexpr const char* kName = "Program";

  // Only the loading job makes one: it hands over the program behind an external value.
  explicit ProgramObject(const Napi::CallbackInfo& info) : Handle(info) {
    if (!info[0].IsExternal()) {
      throw_native_error(info.Env(),
                         "Program: expected loadProgram to make it but received a direct construction");
      return;
    }
    own(info, *info[0].As<Napi::External<std::shared_ptr<const Program>>>().Data());
  }
};

// One constructor an environment: a process-wide one would outlive the first worker to end.
struct ProgramState {
  Napi::FunctionReference program;
};

class EncodeJob : public Job {
 public:
  void read(Arguments& arguments) override {
    program_ = ProgramObject::read(arguments, "program");
    if (!arguments.copy("ids", &ids_) || !arguments.copy("offsets", &offsets_) ||
        !check_offsets(arguments, offsets_)) {
      return;
    }
    batch_.output = static_cast<EncodeOutput>(arguments.integer("output", 0, 6));
    const Napi::Value skip = arguments.get("skip");
    batch_.skip = skip.IsUndefined() ? 0 : arguments.size("skip");
    batch_.normalize = arguments.boolean("normalize");
    const Span<float> out = arguments.output("out");
    if (arguments.failed()) return;
    const ProgramShape& shape = program_->shape();
    const int64_t sequences = static_cast<int64_t>(offsets_.size()) - 1,
                  tokens = offsets_[offsets_.size() - 1];
    arguments.expect_length("ids", static_cast<int64_t>(ids_.size()), static_cast<double>(tokens));
    const int64_t rows = batch_.output == EncodeOutput::kTokens ? tokens : sequences;
    arguments.expect_length("out", out.length,
                            static_cast<double>(rows) * static_cast<double>(program_->columns()));
    if (arguments.failed()) return;
    if (!status_.allocate(static_cast<size_t>(sequences))) {
      arguments.fail_memory("offsets", static_cast<double>(sequences) * sizeof(SequenceStatus));
      return;
    }
    for (SequenceStatus& status : status_) status = SequenceStatus{};
    for (int64_t token = 0; token < tokens; ++token) {
      const int32_t id = ids_[static_cast<size_t>(token)];
      if (id < 0 || id >= shape.vocabulary) {
        arguments.fail("ids", "token ids from 0 to " + std::to_string(shape.vocabulary - 1),
                       std::to_string(id));
        return;
      }
    }
    for (int64_t s = 0; s < sequences; ++s) {
      const int64_t length = offsets_[static_cast<size_t>(s) + 1] - offsets_[static_cast<size_t>(s)];
      arguments.expect(length <= shape.positions, "offsets",
                       "sequences of at most " + std::to_string(shape.positions) + " tokens",
                       static_cast<double>(length));
    }
    batch_.ids = ids_.data();
    batch_.status = status_.data();
    batch_.offsets = offsets_.data();
    batch_.sequences = sequences;
    batch_.out = out.data;
    const Span<float> attention = arguments.output("attention", true);
    if (attention.present()) {
      arguments.expect(sequences == 1, "offsets", "one sequence (with attention)",
                       static_cast<double>(sequences));
      arguments.expect_length("attention", attention.length,
                              static_cast<double>(program_->attention_heads()) * static_cast<double>(tokens) *
                                  static_cast<double>(tokens));
      arguments.expect_apart("out", out, "attention", attention);
      batch_.attention = attention.data;
    }
  }

  std::string execute(const KernelSet&) override { return succeeded(program_->encode(batch_)); }

  // Undefined, or what sequences have no result: {notFinite, unread, problem}.
  Napi::Value result(Napi::Env env) override {
    const bool done = std::all_of(status_.begin(), status_.end(),
                                  [](SequenceStatus s) { return s == SequenceStatus::kDone; });
    if (done) return env.Undefined();
    Napi::Object out = Napi::Object::New(env);
    out.Set("notFinite", sequences(env, SequenceStatus::kNotFinite));
    out.Set("unread", sequences(env, SequenceStatus::kUnread));
    out.Set("problem", program_->problem());
    return out;
  }

 private:
  Napi::Array sequences(Napi::Env env, SequenceStatus status) const {
    Napi::Array out = Napi::Array::New(env);
    for (int64_t s = 0; s < batch_.sequences; ++s) {
      if (status_[static_cast<size_t>(s)] == status) out.Set(out.Length(), static_cast<double>(s));
    }
    return out;
  }

  std::shared_ptr<const Program> program_;
  Buffer<int32_t> ids_, offsets_;
  Buffer<SequenceStatus> status_;
  EncodeBatch batch_;
};

}  // namespace

Napi::Value new_program_object(Napi::Env env, std::shared_ptr<const Program>* program) {
  ProgramState* state = env.GetInstanceData<ProgramState>();
  return state->program.New({Napi::External<std::shared_ptr<const Program>>::New(env, program)});
}

void export_program(Napi::Env env, Napi::Object exports) {
  ProgramState* state = new ProgramState;
  state->program = Napi::Persistent(ProgramObject::define(env));
  env.SetInstanceData<ProgramState>(state);
  export_load_program(env, exports);
  export_job<EncodeJob>(env, exports, "encode");
}

}  // namespace sa
