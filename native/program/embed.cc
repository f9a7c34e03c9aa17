// embed: out = words + positions + the first token type, by the ids and the positions of tokens.
#include <algorithm>

#include "program/operation.h"
#include "runtime/workspace.h"
#include "schedule/run.h"
#include "weights/word_table.h"

namespace sa {

namespace {

class EmbedOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    out_ = read_columns(fields, "out", shape.buffers, 0);
    int8_ = fields.flag("int8");
    vocabulary_ = shape.vocabulary;
    if (fields.failed()) return;
    fields.tensor("words", vocabulary_, out_.count, &words_view_);
    fields.optional_tensor("positions", shape.positions, out_.count, &positions_view_);
    fields.optional_tensor("tokenType", 1, out_.count, &token_type_view_);
  }

  void visit(std::vector<Access>* to) const override { to->push_back({AccessKind::kWrite, out_}); }

  bool load(const KernelSet&, WeightReader* reader) override {
    return words_.load(reader, words_view_, vocabulary_, int8_) &&
           reader->read(positions_view_, &positions_) && reader->read(token_type_view_, &token_type_);
  }

  size_t bytes() const override {
    return (positions_.size() + token_type_.size()) * sizeof(float) + words_.bytes();
  }

  bool run(Pass* pass) const override {
    const int64_t tokens = pass->tokens();
    Workspace memory(static_cast<size_t>(tokens));
    if (!memory.ok()) return false;
    int32_t* slots = reinterpret_cast<int32_t*>(memory.data());
    if (!words_.find(pass->ids, tokens, slots)) return false;
    for (int64_t s = 0; s < pass->sequences; ++s) {
      const int32_t* own = slots + pass->begin(s);
      if (std::count(own, own + pass->length(s), 0) > 0) pass->status[s] = SequenceStatus::kUnread;
    }
    EmbeddingRows rows;
    rows.columns = out_.count;
    rows.tables[0] = words_.table();
    rows.tables[0].ids = slots;
    rows.tables[1].data = positions_.data();
    rows.tables[1].ids = pass->positions;
    rows.tables[2].data = token_type_.data();
    rows.y = pass->rows.at(out_);
    run_embedding(pass->kernels, rows, tokens);
    return true;
  }

  const WordTable* words() const override { return &words_; }

 private:
  Columns out_;
  bool int8_ = false;
  int64_t vocabulary_ = 0;
  WeightView words_view_, positions_view_, token_type_view_;
  WordTable words_;
  AlignedFloats positions_, token_type_;
};

}  // namespace

std::unique_ptr<Operation> new_embed_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) EmbedOperation);
}

}  // namespace sa
