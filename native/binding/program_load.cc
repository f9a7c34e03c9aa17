// loadProgram: the references that JavaScript found in the headers of weights files, checked, followed
// and packed.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "binding/operations.h"
#include "binding/program.h"
#include "binding/program_fields.h"
#include "runtime/source_file.h"

namespace sa {

namespace {

class LoadProgramJob : public Job {
 public:
  void read(Arguments& arguments) override {
    read_paths(arguments);
    read_states(arguments);
    if (arguments.failed()) return;
    ProgramFields fields(arguments, static_cast<int64_t>(paths_.size()), &placed_);
    program_ = Program::read(fields);
    if (program_ == nullptr) arguments.fail_memory("operations", sizeof(Program));
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
    for (const ProgramFields::Placed& placed : placed_) {
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
    const bool loaded = program_->load(kernels, std::move(files), &reader);
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
    if (!loaded) return kOutOfMemory;
    loaded_ = std::move(program_);
    return "";
  }

  // The program, or what is wrong with the files: {problem}, a sentence, or {notFinite}, a tensor's place.
  Napi::Value result(Napi::Env env) override {
    if (loaded_ != nullptr) return new_program_object(env, &loaded_);
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

  std::vector<std::string> paths_;
  std::vector<Described> described_;
  std::vector<std::shared_ptr<SourceFile>> files_;
  std::unique_ptr<Program> program_;
  std::vector<ProgramFields::Placed> placed_;
  std::shared_ptr<const Program> loaded_;
  std::string problem_;
  WeightView culprit_;
};

}  // namespace

void export_load_program(Napi::Env env, Napi::Object exports) {
  export_job<LoadProgramJob>(env, exports, "loadProgram");
}

}  // namespace sa
