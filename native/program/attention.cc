// attention: softmax over a mixture of score functions (scores/), times values. Heads may stand in groups,
// each with a mixture of its own; dot-product attention is one group with one score.
#include <algorithm>
#include <atomic>

#include "program/operation.h"
#include "runtime/allocation.h"
#include "runtime/thread_pool.h"
#include "runtime/workspace.h"
#include "scores/score.h"

namespace sa {

namespace {

class AttentionOperation final : public Operation {
 public:
  void read(Fields& fields, const ProgramShape& shape) override {
    heads_ = fields.integer("heads", 1, kLargestSize);
    const int64_t kv_heads = fields.integer_or("kvHeads", 1, kLargestSize, heads_);
    value_ = read_columns(fields, "value", shape.buffers, 0);
    out_ = read_columns(fields, "out", shape.buffers, 0);
    before_ = fields.integer_or("before", -1, kLargestSize, -1);
    after_ = fields.integer_or("after", -1, kLargestSize, -1);
    if (fields.failed()) return;
    fields.expect(heads_ % kv_heads == 0, "kvHeads", "a divisor of " + std::to_string(heads_),
                  static_cast<double>(kv_heads));
    fields.expect(value_.count % kv_heads == 0, "value",
                  "a multiple of " + std::to_string(kv_heads) + " columns",
                  static_cast<double>(value_.count));
    if (fields.failed()) return;
    kv_group_ = heads_ / kv_heads;
    size_ = value_.count / kv_heads;
    fields.expect(out_.count == heads_ * size_, "out", std::to_string(heads_ * size_) + " columns",
                  static_cast<double>(out_.count));
    read_groups(fields, shape);
  }

  void visit(std::vector<Access>* to) const override {
    to->push_back({AccessKind::kRead, value_});
    std::vector<Columns> reads;
    for (const Group& group : groups_) {
      for (const auto& score : group.scores) score->reads(&reads);
    }
    for (const Columns& columns : reads) to->push_back({AccessKind::kRead, columns});
    to->push_back({AccessKind::kWrite, out_});
  }

  bool load(const KernelSet& kernels, WeightReader* reader) override {
    for (Group& group : groups_) {
      for (const auto& score : group.scores) {
        if (!score->load(kernels, reader)) return false;
      }
    }
    return true;
  }

  size_t bytes() const override {
    size_t bytes = 0;
    for (const Group& group : groups_) {
      for (const auto& score : group.scores) bytes += score->bytes();
    }
    return bytes;
  }

  int64_t attention_heads() const override { return heads_; }

  bool run(Pass* pass) const override {
    const int64_t sequences = pass->sequences;
    const KernelSet& kernels = pass->kernels;
    ThreadPool& pool = ThreadPool::instance();
    const int64_t units = sequences * heads_;
    const int64_t parts = std::min<int64_t>(units, pool.threads());
    const size_t scratch_size = scratch(*pass);
    std::atomic<bool> ok{true};
    pool.run(parts, [&](int64_t part) {
      Workspace memory(scratch_size);
      if (!memory.ok()) {
        ok = false;
        return;
      }
      const Range range = split(units, 1, parts, part);
      Attention p;
      int64_t sequence = -1;
      const Group* group = nullptr;
      for (int64_t unit = range.begin; unit < range.end; ++unit) {
        const int64_t head = unit % heads_;
        const Group& its_group = group_of(head);
        if (unit / heads_ != sequence || &its_group != group) {
          p = problem(*pass, sequence = unit / heads_, *(group = &its_group));
        }
        if (p.queries == 0) continue;
        kernels.attention_head(p, 0, head - group->first, 0, p.queries, memory.data());
      }
    });
    if (pass->weights != nullptr) pass->weights += heads_ * pass->tokens() * pass->tokens();
    return ok;
  }

 private:
  struct Group {
    int64_t first = 0, heads = 0;
    std::vector<std::unique_ptr<Score>> scores;
  };

  void read_groups(Fields& fields, const ProgramShape& shape) {
    const int64_t count = fields.items("groups", 1, heads_);
    if (fields.failed()) return;
    fields.expect(try_resize(&groups_, static_cast<size_t>(count)), "groups", "enough memory for them",
                  static_cast<double>(count));
    int64_t first = 0;
    for (int64_t g = 0; g < count && !fields.failed(); ++g) {
      const FieldScope scope(fields, "groups", g);
      Group& group = groups_[static_cast<size_t>(g)];
      group.first = first;
      group.heads = fields.integer("heads", 1, heads_ - first);
      first += group.heads;
      fields.expect(group.heads % kv_group_ == 0, "heads", "a multiple of " + std::to_string(kv_group_),
                    static_cast<double>(group.heads));
      if (!fields.failed()) read_scores(fields, shape, &group);
    }
    fields.expect(first == heads_, "groups", "groups of " + std::to_string(heads_) + " heads in all",
                  static_cast<double>(first));
  }

  void read_scores(Fields& fields, const ProgramShape& shape, Group* group) {
    const int64_t count = fields.items("scores", 1, kMaxScoreSources);
    ScoreHeads heads;
    heads.count = group->heads;
    heads.kv_group = kv_group_;
    heads.positions = shape.positions;
    heads.buffers = &shape.buffers;
    heads.alone = count == 1 && before_ < 0 && after_ < 0;
    for (int64_t i = 0; i < count && !fields.failed(); ++i) {
      const FieldScope scope(fields, "scores", i);
      const std::string kind = fields.text("kind");
      if (fields.failed()) return;
      std::unique_ptr<Score> score = new_score(kind);
      if (score == nullptr) {
        fields.refuse("kind", "one of " + score_kinds(), kind);
        return;
      }
      score->weight = static_cast<float>(fields.number("weight"));
      score->read(fields, heads);
      group->scores.push_back(std::move(score));
    }
  }

  const Group& group_of(int64_t head) const {
    size_t group = groups_.size() - 1;
    while (groups_[group].first > head) --group;
    return groups_[group];
  }

  // Of the longest sequence in any group.
  size_t scratch(const Pass& pass) const {
    int64_t longest = 0;
    for (int64_t s = 0; s < pass.sequences; ++s) longest = std::max(longest, pass.length(s));
    size_t most = 0;
    for (const Group& group : groups_) {
      Attention largest = problem(pass, 0, group);
      largest.queries = largest.keys = longest;
      most = std::max(most, pass.kernels.attention_scratch(largest));
    }
    return most;
  }

  // One group's attention in one sequence.
  Attention problem(const Pass& pass, int64_t sequence, const Group& group) const {
    const Rows& rows = pass.rows;
    const int64_t first = pass.begin(sequence), count = pass.length(sequence);
    Attention p;
    p.batch = 1;
    p.heads = group.heads;
    p.queries = p.keys = count;
    p.value_columns = size_;
    p.kv_group = kv_group_;
    p.before = before_;
    p.after = after_;
    p.value = rows.at(value_, first) + group.first / kv_group_ * size_;
    p.value_strides = {0, size_, rows.stride(value_)};
    p.out = rows.at(out_, first) + group.first * size_;
    p.out_strides = {0, size_, rows.stride(out_)};
    p.weights = pass.weights == nullptr ? nullptr : pass.weights + group.first * count * count;
    p.source_count = static_cast<int>(group.scores.size());
    for (size_t i = 0; i < group.scores.size(); ++i) {
      p.sources[i].weight = group.scores[i]->weight;
      group.scores[i]->source(rows, first, pass.weights != nullptr, &p.sources[i]);
    }
    return p;
  }

  int64_t heads_ = 0, size_ = 0, kv_group_ = 1, before_ = -1, after_ = -1;
  Columns value_, out_;
  std::vector<Group> groups_;
};

}  // namespace

std::unique_ptr<Operation> new_attention_operation() {
  return std::unique_ptr<Operation>(new (std::nothrow) AttentionOperation);
}

}  // namespace sa
