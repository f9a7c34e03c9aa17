// The forward pass of random small transformers, of every score function and switch. Their numbers are held
// by golden files elsewhere; here a sequence alone must give the same bits as among others, on any number of
// threads, whether its attention weights are wanted or not.
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "conformance/operations.h"
#include "encoder/transformer.h"

namespace sa_test {

namespace {

// Bytes in memory in place of a file: the offset of a tensor is its address.
class MemorySource final : public sa::ByteSource {
 public:
  std::string read(uint64_t begin, size_t bytes, void* to) const override {
    std::memcpy(to, reinterpret_cast<const void*>(static_cast<uintptr_t>(begin)), bytes);
    return "";
  }
  std::string verify() const override { return ""; }
};

uint64_t address(const void* data) { return reinterpret_cast<uintptr_t>(data); }

// References to random tensors, which it owns.
class RandomModel {
 public:
  explicit RandomModel(Case& c) : r_(c.random) {
    config.heads = r_.between(1, 3);
    config.hidden = config.heads * 2 * r_.between(1, 10);
    config.intermediate = r_.between(1, 70);
    config.vocabulary = r_.between(1, 30);
    config.positions = r_.between(1, 40);
    config.activation = static_cast<sa::Activation>(r_.between(0, 4));
    config.gated = r_.chance(40);
    config.pre_norm = r_.chance(40);
    config.quantize = r_.chance(40);
    embeddings();
    if (r_.chance(50)) {
      view.rotary.push_back(
          {2 * r_.between(1, config.hidden / config.heads / 2), 100.0, r_.chance(50) ? 1.0 : 2.0});
    }
    view.layers.resize(static_cast<size_t>(r_.between(1, 2)));
    for (sa::LayerView& layer : view.layers) fill_layer(&layer);
    for (int64_t i = r_.between(0, 3); i > 0; --i) {
      view.order.push_back(static_cast<int32_t>(r_.between(0, static_cast<int64_t>(view.layers.size()) - 1)));
    }
    if (r_.chance(30)) view.final_norm = norm(config.hidden);
  }

  // Whether some layer takes its scores from exponentials, unless its weights are wanted: that may change the
  // last bits.
  bool prepares() const {
    for (const sa::LayerView& layer : view.layers) {
      for (const sa::HeadGroupView& group : layer.attention.groups) {
        const auto& scores = group.scores;
        if (scores.size() == 1 && (scores[0].function == sa::ScoreFunction::kRandom ||
                                   scores[0].function == sa::ScoreFunction::kFactorized)) {
          return true;
        }
      }
    }
    return false;
  }

  sa::TransformerConfig config;
  sa::TransformerView view;

 private:
  // Some tensors of weights are stored in 8 bits.
  sa::WeightView tensor(int64_t rows, int64_t columns, bool matrix = false) {
    sa::WeightView out;
    out.source = &source_;
    out.count = rows * columns;
    if (matrix && r_.chance(25)) {
      codes_.emplace_back(static_cast<size_t>(out.count));
      for (int8_t& code : codes_.back()) code = static_cast<int8_t>(r_.between(-127, 127));
      floats_.emplace_back(static_cast<size_t>(rows));
      for (float& scale : floats_.back()) scale = r_.uniform(0.001f, 0.01f);
      out.dtype = sa::DType::kI8;
      out.begin = address(codes_.back().data());
      out.scales_begin = address(floats_.back().data());
      out.rows = rows;
      return out;
    }
    floats_.emplace_back(static_cast<size_t>(out.count));
    for (float& x : floats_.back()) x = r_.uniform(-1.0f, 1.0f);
    out.begin = address(floats_.back().data());
    return out;
  }

  sa::LinearView linear(int64_t out, int64_t in) {
    sa::LinearView view;
    view.out = out;
    view.weight = tensor(out, in, true);
    if (r_.chance(70)) view.bias = tensor(1, out);
    return view;
  }

  sa::NormView norm(int64_t columns) {
    sa::NormView view;
    view.gamma = tensor(1, columns);
    if (r_.chance(70)) view.beta = tensor(1, columns);
    return view;
  }

  void embeddings() {
    sa::EmbeddingsView& e = view.embeddings;
    e.size = r_.chance(70) ? config.hidden : r_.between(1, 20);
    e.vocabulary = config.vocabulary;
    e.words = tensor(config.vocabulary, e.size, true);
    if (r_.chance(50)) e.positions = tensor(config.positions, e.size);
    if (r_.chance(50)) e.token_type = tensor(1, e.size);
    if (r_.chance(70)) e.norm = norm(e.size);
    if (e.size != config.hidden) e.projection = linear(config.hidden, e.size);
  }

  void fill_layer(sa::LayerView* layer) {
    const int64_t hidden = config.hidden, inner = config.intermediate;
    bool dot = false;
    for (int64_t left = config.heads; left > 0;) {
      sa::HeadGroupView group;
      group.heads = r_.chance(50) ? left : r_.between(1, left);
      left -= group.heads;
      for (int64_t i = r_.between(1, 3); i > 0; --i) {
        group.scores.push_back(score(group.heads));
        dot = dot || group.scores.back().function == sa::ScoreFunction::kDot;
      }
      layer->attention.groups.push_back(std::move(group));
    }
    if (r_.chance(30)) layer->attention.before = r_.between(0, 9);
    if (r_.chance(30)) layer->attention.after = r_.between(0, 9);
    layer->attention.value = linear(hidden, hidden);
    if (dot && !view.rotary.empty() && r_.chance(70)) layer->rotary = 0;
    layer->attention_output = linear(hidden, hidden);
    layer->up[0] = linear(inner, hidden);
    layer->up[1] = linear(inner, hidden);
    layer->down = linear(hidden, inner);
    if (!config.pre_norm || r_.chance(70)) layer->attention_norm = norm(hidden);
    if (!config.pre_norm || r_.chance(70)) layer->output_norm = norm(hidden);
  }

  // Of a group of `heads`.
  sa::ScoreView score(int64_t heads) {
    const int64_t hidden = config.hidden, positions = config.positions;
    const int64_t width = hidden / config.heads * heads;
    sa::ScoreView s;
    s.function = static_cast<sa::ScoreFunction>(r_.between(0, 5));
    s.weight = r_.uniform(0.1f, 1.0f);
    s.length = positions + r_.between(0, 5);
    s.depth = r_.between(1, 6);
    switch (s.function) {
      case sa::ScoreFunction::kDot:
        s.first = linear(width, hidden);
        s.second = linear(width, hidden);
        break;
      case sa::ScoreFunction::kRandom:
        s.matrix = tensor(heads * s.length, s.length);
        break;
      case sa::ScoreFunction::kFactorized:
        s.matrix = tensor(heads * s.length, s.depth);
        s.other = tensor(heads * s.length, s.depth);
        break;
      case sa::ScoreFunction::kDense:
      case sa::ScoreFunction::kOuter: {
        int64_t columns = s.length;
        if (s.function == sa::ScoreFunction::kOuter) {
          s.tile = r_.between(1, 6);
          s.length = (s.length + s.tile - 1) / s.tile * s.tile;
          columns = s.tile + s.length / s.tile;
        }
        const int64_t maps = r_.chance(50) ? 1 : heads;
        s.first = linear(heads * s.depth, hidden);
        s.matrix = tensor(maps * s.depth, columns);
        if (r_.chance(50)) s.other = tensor(maps, columns);
        break;
      }
      case sa::ScoreFunction::kRelative:
        for (int64_t i = 0; i < 2 * positions - 1; ++i) {
          s.index.push_back(static_cast<int32_t>(r_.between(0, s.depth - 1)));
        }
        s.matrix = tensor(s.depth, heads);
        break;
    }
    return s;
  }

  Random& r_;
  MemorySource source_;
  std::deque<std::vector<float>> floats_;
  std::deque<std::vector<int8_t>> codes_;
};

struct Tokens {
  std::vector<int32_t> offsets = {0}, ids;

  Tokens(Random& r, const sa::TransformerConfig& config) {
    for (int64_t s = r.between(1, 60); s > 0; --s) {
      for (int64_t t = r.between(1, config.positions); t > 0; --t) {
        ids.push_back(static_cast<int32_t>(r.between(0, config.vocabulary - 1)));
      }
      offsets.push_back(static_cast<int32_t>(ids.size()));
    }
    ids.shrink_to_fit();
  }

  int64_t sequences() const { return static_cast<int64_t>(offsets.size()) - 1; }
};

// Rows of attention are 1 in all; with a window or rows of 8-bit operands too.
void check_attention_weights(Case& c, Buffer<float>& attention, int64_t rows, int64_t length) {
  c.untouched("written beside the attention", attention);
  for (int64_t row = 0; row < rows; ++row) {
    double sum = 0;
    for (int64_t j = 0; j < length; ++j) sum += attention[row * length + j];
    c.within("the attention of a token in all", row, sum, 1, static_cast<double>(length + 4) * kU);
  }
}

}  // namespace

void check_encoder(Case& c) {
  Random& r = c.random;
  RandomModel random(c);
  const sa::TransformerConfig& config = random.config;
  sa::WeightReader reader;
  const auto model = sa::Transformer::load(c.kernels, config, {}, random.view, &reader);
  const Tokens tokens(r, config);
  const std::vector<int32_t>&offsets = tokens.offsets, &ids = tokens.ids;
  const int64_t sequences = tokens.sequences(), hidden = config.hidden;
  const auto output = static_cast<sa::EncodeOutput>(r.between(0, 6));
  const bool all_tokens = output == sa::EncodeOutput::kTokens, normalize = r.chance(50);
  const int64_t skip = r.chance(70) ? 0 : r.between(1, 5);
  const int threads = any_threads(c);
  c.describe(
      "heads %d, hidden %d, applied %d, intermediate %d, sequences %d, tokens %d, output %d%s%s%s, %d "
      "threads",
      static_cast<int>(config.heads), static_cast<int>(hidden), static_cast<int>(random.view.order.size()),
      static_cast<int>(config.intermediate), static_cast<int>(sequences), static_cast<int>(ids.size()),
      static_cast<int>(output), config.gated ? ", gated" : "", config.pre_norm ? ", pre-norm" : "",
      config.quantize ? ", int8" : "", threads);
  c.that("the model loads", model != nullptr);
  if (model == nullptr) return;

  Buffer<float> all(r, (all_tokens ? offsets.back() : sequences) * hidden);
  std::vector<sa::SequenceStatus> status(static_cast<size_t>(sequences), sa::SequenceStatus::kUnread);
  sa::EncodeBatch batch = {ids.data(), offsets.data(), sequences,  output,
                           skip,       normalize,      all.data(), status.data()};
  c.that("encode has its memory", model->encode(batch));
  c.untouched("written beside the batch", all);
  for (const sa::SequenceStatus s : status) c.that("a sequence is done", s == sa::SequenceStatus::kDone);
  const int64_t pick = r.between(0, sequences - 1);
  const int32_t begin = offsets[static_cast<size_t>(pick)], end = offsets[static_cast<size_t>(pick + 1)];
  const std::vector<int32_t> alone = {0, end - begin};
  Buffer<float> one(r, (all_tokens ? end - begin : 1) * hidden);
  any_threads(c);
  batch = {ids.data() + begin, alone.data(), 1, output, skip, normalize, one.data(), status.data()};
  const bool wanted = r.chance(50);
  const int64_t length = end - begin, rows = model->applied_layers() * config.heads * length;
  Buffer<float> attention(r, wanted ? rows * length : 0);
  if (wanted) batch.attention = attention.data();
  c.that("encode has its memory", model->encode(batch));
  c.untouched("written beside the sequence", one);
  if (wanted) check_attention_weights(c, attention, rows, length);
  // Prepared scores come from their exponentials, unless the weights are wanted: that may change the last
  // bits.
  if (wanted) return;
  for (int64_t i = 0; i < one.size(); ++i) {
    c.that("an embedding is a number", one[i] == one[i]);
    c.same_bits("the sequence alone", i, all[(all_tokens ? begin : pick) * hidden + i], one[i]);
  }
}

}  // namespace sa_test
