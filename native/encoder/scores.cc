#include "encoder/scores.h"

#include <algorithm>

#include "dispatch/run.h"
#include "runtime/allocation.h"

namespace sa {

namespace {

// Up to this many numbers R1 R2^T is written out once instead of being multiplied in every call.
constexpr int64_t kLargestProduct = int64_t{1} << 24;

}  // namespace

// [heads, length, length] of random and factorized scores; of the latter only where that is small enough.
bool LayerAttention::load_matrix(const KernelSet& kernels, WeightReader* reader, const ScoreView& from,
                                 int64_t heads, Score* to) {
  if (from.function == ScoreFunction::kRandom) return reader->read(from.matrix, &to->matrix);
  AlignedFloats left, right;
  if (!reader->read(from.matrix, &left) || !reader->read(from.other, &right)) return false;
  const int64_t length = from.length, depth = from.depth;
  if (heads * length * length > kLargestProduct) {
    to->matrix = std::move(left);
    to->other = std::move(right);
    return true;
  }
  if (!to->matrix.allocate(static_cast<size_t>(heads * length * length))) return false;
  to->function = ScoreFunction::kRandom;
  Matmul p;
  p.batch = heads;
  p.m = p.n = length;
  p.k = depth;
  p.a = {left.data(), depth, 1};
  p.a_batch = length * depth;
  p.b = {right.data(), 1, depth};
  p.b_batch = length * depth;
  p.c = to->matrix.data();
  p.c_stride = length;
  p.c_batch = length * length;
  return run_matmul(kernels, p);
}

// W2 of each head, as panels.
bool LayerAttention::pack_second(const KernelSet& kernels, WeightReader* reader, const ScoreView& from,
                                 Score* to) {
  AlignedFloats dense;
  if (!reader->read(from.matrix, &dense) || !reader->read(from.other, &to->other)) return false;
  const int64_t columns = to->mapped(), size = from.depth * columns, blocks = from.matrix.count / size;
  const size_t panels = kernels.packed_size(from.depth, columns);
  if (!to->matrix.allocate(panels * static_cast<size_t>(blocks))) return false;
  for (int64_t h = 0; h < blocks; ++h) {
    run_pack(kernels, {dense.data() + h * size, columns, 1}, from.depth, columns,
             to->matrix.data() + static_cast<size_t>(h) * panels);
  }
  to->panel_stride = blocks > 1 ? panels : 0;
  to->bias_stride = from.other.count > columns ? columns : 0;
  return true;
}

// From a row a bucket to a row a head, so that a row of logits is a part of one.
bool LayerAttention::load_relative(WeightReader* reader, const ScoreView& from, int64_t heads, Score* to) {
  AlignedFloats table;
  const int64_t offsets = static_cast<int64_t>(from.index.size());
  if (!reader->read(from.matrix, &table) || !to->matrix.allocate(static_cast<size_t>(heads * offsets))) {
    return false;
  }
  for (int64_t h = 0; h < heads; ++h) {
    for (int64_t i = 0; i < offsets; ++i) {
      const int64_t bucket = from.index[static_cast<size_t>(i)];
      to->matrix.data()[h * offsets + i] = table.data()[bucket * heads + h];
    }
  }
  return true;
}

bool LayerAttention::load_score(const KernelSet& kernels, WeightReader* reader, const ScoreView& from,
                                int64_t heads, Score* to) {
  to->function = from.function;
  to->weight = from.weight;
  to->length = from.length;
  to->depth = from.depth;
  to->tile = from.tile;
  switch (from.function) {
    case ScoreFunction::kDot:
      return true;
    case ScoreFunction::kRandom:
    case ScoreFunction::kFactorized:
      return load_matrix(kernels, reader, from, heads, to);
    case ScoreFunction::kDense:
    case ScoreFunction::kOuter:
      return pack_second(kernels, reader, from, to);
    case ScoreFunction::kRelative:
      return load_relative(reader, from, heads, to);
  }
  return false;
}

bool LayerAttention::load(const KernelSet& kernels, WeightReader* reader, const Sizes& sizes,
                          const AttentionView& from, bool quantize) {
  sizes_ = sizes;
  before_ = from.before;
  after_ = from.after;
  if (!try_resize(&groups_, from.groups.size())) return false;
  std::vector<LinearView> plain, rectified;
  int64_t column = 0, rectified_column = 0, head = 0;
  const auto add = [&](const LinearView& part) {
    plain.push_back(part);
    const int64_t at = column;
    column += part.out;
    return at;
  };
  for (size_t g = 0; g < groups_.size(); ++g) {
    Group& group = groups_[g];
    const HeadGroupView& view = from.groups[g];
    group.first = head;
    head += group.heads = view.heads;
    if (!try_resize(&group.scores, view.scores.size())) return false;
    for (size_t i = 0; i < view.scores.size(); ++i) {
      const ScoreView& score = view.scores[i];
      Score& to = group.scores[i];
      if (!load_score(kernels, reader, score, group.heads, &to)) return false;
      // Queries and keys come first and side by side, for rotary positions.
      if (score.function == ScoreFunction::kDot) {
        to.first = add(score.first);
        to.second = add(score.second);
        dot_heads_ += 2 * group.heads;
      }
      if (score.function != ScoreFunction::kOuter && score.function != ScoreFunction::kDense) continue;
      rectified.push_back(score.first);
      to.first = rectified_column;
      rectified_column += score.first.out;
      if (score.function == ScoreFunction::kDense) continue;
      to.second = factor_columns_;
      factor_columns_ += group.heads * to.mapped();
    }
    if (!prepare(kernels, &group)) return false;
  }
  value_column_ = add(from.value);
  if (!plain_.pack(kernels, reader, sizes.hidden, plain.data(), static_cast<int>(plain.size()), quantize))
    return false;
  return rectified.empty() || rectified_.pack(kernels, reader, sizes.hidden, rectified.data(),
                                              static_cast<int>(rectified.size()), quantize);
}

// What a group that is random alone needs to do without exponentials.
bool LayerAttention::prepare(const KernelSet& kernels, Group* group) const {
  Score& only = group->scores[0];
  group->prepared =
      group->scores.size() == 1 && only.function == ScoreFunction::kRandom && before_ < 0 && after_ < 0;
  if (!group->prepared) return true;
  const size_t size = only.matrix.size();
  if (!only.exponentials.allocate(size) || !only.sums.allocate(size)) return false;
  for (size_t i = 0; i < size; ++i) only.matrix.data()[i] *= only.weight;
  only.weight = 1.0f;
  run_prepare_scores(kernels, only.matrix.data(), group->heads * only.length, only.length,
                     only.exponentials.data(), only.sums.data());
  return true;
}

int64_t LayerAttention::group_of(int64_t head) const {
  int64_t group = groups() - 1;
  while (first_head(group) > head) --group;
  return group;
}

size_t LayerAttention::bytes() const {
  size_t floats = 0;
  for (const Group& group : groups_) {
    for (const Score& s : group.scores) {
      floats += s.matrix.size() + s.other.size() + s.sums.size() + s.exponentials.size();
    }
  }
  return floats * sizeof(float) + plain_.bytes() + rectified_.bytes();
}

// [tokens, heads, a + b] of an outer score.
bool LayerAttention::factors(const KernelSet& kernels, const Score& score, int64_t heads, int64_t tokens,
                             float* projections) const {
  const int64_t columns = score.mapped(), rectified = rectified_.out();
  const float* hidden = projections + tokens * plain_.out() + score.first;
  Matmul p;
  p.batch = heads;
  p.m = tokens;
  p.n = columns;
  p.k = score.depth;
  p.a = {hidden, rectified, 1};
  p.a_batch = score.depth;
  p.packed_b = score.matrix.data();
  p.packed_batch = static_cast<ptrdiff_t>(score.panel_stride);
  p.c = projections + tokens * (plain_.out() + rectified + score.second);
  p.c_stride = heads * columns;
  p.c_batch = columns;
  p.epilogue.bias = score.other.data();
  p.bias_batch = score.bias_stride;
  return run_matmul(kernels, p);
}

bool LayerAttention::project(const KernelSet& kernels, const float* x, int64_t tokens,
                             float* projections) const {
  if (!plain_.run(kernels, x, sizes_.hidden, tokens, projections)) return false;
  if (rectified_.out() == 0) return true;
  float* hidden = projections + tokens * plain_.out();
  if (!rectified_.run(kernels, x, sizes_.hidden, tokens, hidden, Activation::kRelu)) return false;
  for (const Group& group : groups_) {
    for (const Score& score : group.scores) {
      if (score.function != ScoreFunction::kOuter) continue;
      if (!factors(kernels, score, group.heads, tokens, projections)) return false;
    }
  }
  return true;
}

void LayerAttention::problem(int64_t index, const float* projections, int64_t tokens, int64_t first,
                             int64_t count, float* context, float* weights, Attention* p) const {
  *p = Attention();
  const Group& group = groups_[static_cast<size_t>(index)];
  const int64_t hidden = sizes_.hidden, size = hidden / sizes_.heads, columns = plain_.out();
  const float* rows = projections + first * columns;
  p->batch = 1;
  p->heads = group.heads;
  p->queries = p->keys = count;
  p->value_columns = size;
  p->before = before_;
  p->after = after_;
  p->value = rows + value_column_ + group.first * size;
  p->value_strides = {0, size, columns};
  p->out = context + first * hidden + group.first * size;
  p->out_strides = {0, size, hidden};
  p->weights = weights == nullptr ? nullptr : weights + group.first * count * count;
  p->source_count = static_cast<int>(group.scores.size());
  for (size_t i = 0; i < group.scores.size(); ++i) {
    const Score& s = group.scores[i];
    ScoreSource& to = p->sources[i];
    to.weight = s.weight;
    to.depth = s.depth;
    const HeadStrides square = {0, s.length * s.length, s.length};
    switch (s.function) {
      case ScoreFunction::kDot:
        to.depth = size;
        to.left = rows + s.first;
        to.right = rows + s.second;
        to.left_strides = to.right_strides = {0, size, columns};
        break;
      case ScoreFunction::kRandom:
        to.kind = ScoreKind::kMatrix;
        to.left = s.matrix.data();
        to.left_strides = square;
        // Whoever wants to see the weights gets them from the logits.
        if (group.prepared && weights == nullptr) {
          to.kind = ScoreKind::kPrepared;
          to.left = s.exponentials.data();
          to.prepared = {s.sums.data(), s.matrix.data()};
        }
        break;
      case ScoreFunction::kFactorized:
        to.left = s.matrix.data();
        to.right = s.other.data();
        to.left_strides = to.right_strides = {0, s.length * s.depth, s.depth};
        break;
      case ScoreFunction::kDense:
        to.kind = ScoreKind::kPanels;
        to.left = projections + tokens * columns + first * rectified_.out() + s.first;
        to.left_strides = {0, s.depth, rectified_.out()};
        to.right = s.matrix.data();
        to.right_strides = {0, static_cast<ptrdiff_t>(s.panel_stride), 0};
        to.bias = s.other.data();
        to.bias_head = s.bias_stride;
        break;
      case ScoreFunction::kOuter: {
        const int64_t mapped = s.mapped(), row = group.heads * mapped;
        to.kind = ScoreKind::kOuter;
        to.depth = s.tile;
        to.left = projections + tokens * (columns + rectified_.out() + s.second) + first * row;
        to.right = to.left + s.tile;
        to.left_strides = to.right_strides = {0, mapped, row};
        break;
      }
      case ScoreFunction::kRelative: {
        // A row further down reads one element further left.
        const int64_t offsets = static_cast<int64_t>(s.matrix.size()) / group.heads;
        to.kind = ScoreKind::kMatrix;
        to.left = s.matrix.data() + offsets / 2;
        to.left_strides = {0, offsets, -1};
        break;
      }
    }
  }
}

}  // namespace sa
