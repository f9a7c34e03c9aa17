// The forward pass of random small programs, of every operation, score function and switch. Their numbers are
// held by golden files elsewhere; here a sequence alone must give the same bits as among others, on any
// number of threads, whether its attention weights are wanted or not.
#include "program/program.h"

#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "conformance/operations.h"
#include "conformance/tree_fields.h"

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

// The program of a random transformer with random tensors, which it owns.
class RandomProgram {
 public:
  explicit RandomProgram(Case& c) : r_(c.random) {
    kv_group_ = r_.chance(70) ? 1 : r_.between(2, 3);
    heads_ = kv_group_ * r_.between(1, 3);
    size_ = 2 * r_.between(1, 10);
    hidden_ = r_.chance(50) ? heads_ * size_ : r_.between(1, 60);
    vocabulary = r_.between(1, 30);
    positions = r_.between(1, 40);
    int8 = r_.chance(40);
    gated = r_.chance(40);
    pre_norm = r_.chance(40);
    x_ = buffer(hidden_);
    sum_ = buffer(hidden_);
    embeddings();
    if (r_.chance(50)) {
      Node table;
      table.numbers = {{"size", static_cast<double>(2 * r_.between(1, size_ / 2))},
                       {"theta", 100.0},
                       {"divisor", r_.chance(50) ? 1.0 : 2.0}};
      root.lists["rotary"] = {table};
    }
    std::vector<std::vector<int32_t>> layers(static_cast<size_t>(r_.between(1, 2)));
    for (std::vector<int32_t>& layer : layers) {
      operations_.swap(layer);
      attention();
      feed_forward();
      operations_.swap(layer);
    }
    for (applied = r_.between(0, 3); applied > 0; --applied) {
      const auto& layer = layers[static_cast<size_t>(r_.between(0, static_cast<int64_t>(layers.size()) - 1))];
      order_.insert(order_.end(), layer.begin(), layer.end());
      attention_rows += heads_;
    }
    operations_.clear();
    if (r_.chance(30)) norm(x_, x_);
    order_.insert(order_.end(), operations_.begin(), operations_.end());
    root.numbers["vocabulary"] = static_cast<double>(vocabulary);
    root.numbers["positions"] = static_cast<double>(positions);
    root.numbers["result"] = static_cast<double>(x_);
    root.arrays["buffers"] = buffers_;
    root.arrays["order"] = order_;
  }

  int64_t columns() const { return hidden_; }

  Node root;
  int64_t vocabulary = 0, positions = 0, applied = 0;
  int64_t attention_rows = 0;  // heads of all attentions that are applied
  bool int8 = false, gated = false, pre_norm = false;
  // Whether some layer takes its scores from exponentials, unless its weights are wanted: that may change the
  // last bits.
  bool prepares = false;

 private:
  int64_t buffer(int64_t columns) {
    buffers_.push_back(static_cast<int32_t>(columns));
    return static_cast<int64_t>(buffers_.size()) - 1;
  }

  int64_t width(int64_t buffer) const { return buffers_[static_cast<size_t>(buffer)]; }
  Node all(int64_t buffer) const { return sa_test::columns(buffer, 0, width(buffer)); }

  void add(const char* name, Node operation) {
    operation.texts["name"] = name;
    operations_.push_back(static_cast<int32_t>(root.lists["operations"].size()));
    root.lists["operations"].push_back(std::move(operation));
  }

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

  Node part(int64_t out, int64_t in) {
    Node node;
    node.numbers["columns"] = static_cast<double>(out);
    node.tensors["weight"] = tensor(out, in, true);
    if (r_.chance(70)) node.tensors["bias"] = tensor(1, out);
    return node;
  }

  Node linear(Node in, int64_t out, std::vector<Node> parts, int64_t activation, int64_t residual) {
    Node node;
    node.nodes["in"] = std::move(in);
    node.nodes["out"] = all(out);
    if (residual >= 0) node.nodes["residual"] = all(residual);
    node.numbers["activation"] = static_cast<double>(activation);
    node.numbers["int8"] = int8;
    node.lists["parts"] = std::move(parts);
    return node;
  }

  void norm(int64_t from, int64_t to) { norm(all(from), all(to), 1); }

  void norm(const Node& from, const Node& to, int64_t groups) {
    const bool rms = r_.chance(50);
    const int64_t columns = static_cast<int64_t>(from.numbers.at("count")) / groups;
    Node node;
    node.texts["kind"] = rms ? "rms" : "layer";
    node.numbers["epsilon"] = 1e-5;
    node.numbers["groups"] = static_cast<double>(groups);
    node.nodes["in"] = from;
    node.nodes["out"] = to;
    node.tensors["gamma"] = tensor(1, columns);
    if (!rms && r_.chance(70)) node.tensors["beta"] = tensor(1, columns);
    add("norm", std::move(node));
  }

  void embeddings() {
    const bool projected = r_.chance(30);
    const int64_t out = projected ? buffer(r_.between(1, 20)) : x_, size = width(out);
    Node embed;
    embed.nodes["out"] = all(out);
    embed.numbers["int8"] = int8;
    embed.tensors["words"] = tensor(vocabulary, size, true);
    if (r_.chance(50)) embed.tensors["positions"] = tensor(positions, size);
    if (r_.chance(50)) embed.tensors["tokenType"] = tensor(1, size);
    add("embed", std::move(embed));
    if (r_.chance(70)) norm(out, out);
    if (projected) add("linear", linear(all(out), x_, {part(hidden_, size)}, 0, -1));
    order_ = operations_;
  }

  // What a sublayer reads, and what becomes of its sum with the residual.
  int64_t before() {
    if (!pre_norm || r_.chance(30)) return x_;
    const int64_t normed = buffer(hidden_);
    norm(x_, normed);
    return normed;
  }

  void after() { norm(sum_, x_); }

  void attention() {
    const int64_t input = before(), kv_heads = heads_ / kv_group_;
    struct Group {
      int64_t heads;
      std::vector<Node> scores;
    };
    std::vector<Group> groups;
    std::vector<Node> parts, hidden_parts;
    int64_t column = 0, hidden_column = 0;
    const int64_t before = r_.chance(30) ? r_.between(0, 9) : -1,
                  after = r_.chance(30) ? r_.between(0, 9) : -1;
    // Buffers are known by their widths, which are known behind the last score.
    const int64_t projections = buffer(1), hidden = buffer(1), context = buffer(heads_ * size_);
    for (int64_t left = heads_; left > 0;) {
      Group group;
      group.heads = r_.chance(50) ? left : kv_group_ * r_.between(1, left / kv_group_);
      left -= group.heads;
      for (int64_t i = r_.between(1, 3); i > 0; --i) {
        Node score =
            score_of(group.heads, projections, hidden, &column, &parts, input, &hidden_column, &hidden_parts);
        group.scores.push_back(std::move(score));
      }
      const std::string& kind = group.scores[0].texts.at("kind");
      if (group.scores.size() == 1 && (kind == "random" || kind == "factorized-random")) prepares = true;
      groups.push_back(std::move(group));
    }
    const int64_t turning = column;
    parts.push_back(part(kv_heads * size_, hidden_));
    column += kv_heads * size_;
    buffers_[static_cast<size_t>(projections)] = static_cast<int32_t>(column);
    if (hidden_column > 0) buffers_[static_cast<size_t>(hidden)] = static_cast<int32_t>(hidden_column);
    add("linear", linear(all(input), projections, std::move(parts), 0, -1));
    if (hidden_column > 0) add("linear", linear(all(input), hidden, std::move(hidden_parts), 1, -1));
    if (turning > 0 && r_.chance(40)) {
      const Node rows = sa_test::columns(projections, 0, turning);
      norm(rows, rows, turning / size_);
    }
    if (turning > 0 && root.lists.count("rotary") > 0 && r_.chance(70)) {
      Node rotary;
      rotary.numbers = {{"table", 0.0}, {"heads", static_cast<double>(turning / size_)}};
      rotary.nodes["rows"] = sa_test::columns(projections, 0, turning);
      add("rotary", std::move(rotary));
    }
    Node operation;
    operation.numbers = {{"heads", static_cast<double>(heads_)},
                         {"kvHeads", static_cast<double>(kv_heads)},
                         {"before", static_cast<double>(before)},
                         {"after", static_cast<double>(after)}};
    operation.nodes["value"] = sa_test::columns(projections, turning, kv_heads * size_);
    operation.nodes["out"] = all(context);
    for (Group& group : groups) {
      Node node;
      node.numbers["heads"] = static_cast<double>(group.heads);
      for (Node& score : group.scores) factors(&score, hidden, group.heads);
      node.lists["scores"] = std::move(group.scores);
      operation.lists["groups"].push_back(std::move(node));
    }
    add("attention", std::move(operation));
    add("linear", linear(all(context), sum_, {part(hidden_, heads_ * size_)}, 0, x_));
    this->after();
  }

  // The operation that makes the factors of a factorized dense score.
  void factors(Node* score, int64_t hidden, int64_t heads) {
    if (score->texts.at("kind") != "factorized-dense") return;
    const double tile = score->numbers.at("tile"), length = score->numbers.at("length");
    const int64_t mapped = static_cast<int64_t>(tile + length / tile), out = buffer(heads * mapped);
    const double depth = score->numbers.at("depth");
    Node node;
    node.numbers = {{"heads", static_cast<double>(heads)}};
    node.nodes["in"] = sa_test::columns(hidden, static_cast<int64_t>(score->numbers.at("first")),
                                        heads * static_cast<int64_t>(depth));
    node.nodes["out"] = all(out);
    maps(&node, heads, static_cast<int64_t>(depth), mapped);
    add("headLinear", std::move(node));
    score->nodes["factors"] = all(out);
  }

  void maps(Node* to, int64_t heads, int64_t depth, int64_t columns) {
    const bool shared = r_.chance(50);
    const int64_t count = shared ? 1 : heads;
    if (shared || r_.chance(50)) to->numbers["shared"] = shared;
    to->tensors["output"] = tensor(count * depth, columns);
    if (r_.chance(50)) to->tensors["bias"] = tensor(count, columns);
  }

  Node score_of(int64_t heads, int64_t projections, int64_t hidden, int64_t* column, std::vector<Node>* parts,
                int64_t, int64_t* hidden_column, std::vector<Node>* hidden_parts) {
    static const char* const kKinds[] = {"dot-product", "random",           "factorized-random",
                                         "dense",       "factorized-dense", "relative"};
    Node s;
    const std::string kind = kKinds[r_.between(0, 5)];
    s.texts["kind"] = kind;
    s.numbers["weight"] = r_.uniform(0.1f, 1.0f);
    int64_t length = positions + r_.between(0, 5);
    const int64_t depth = r_.between(1, 6);
    if (kind == "dot-product") {
      const int64_t keys = heads / kv_group_ * size_;
      s.nodes["queries"] = sa_test::columns(projections, *column, heads * size_);
      s.nodes["keys"] = sa_test::columns(projections, *column + heads * size_, keys);
      *column += heads * size_ + keys;
      parts->push_back(part(heads * size_, hidden_));
      parts->push_back(part(keys, hidden_));
      return s;
    }
    if (kind == "relative") {
      s.numbers["buckets"] = static_cast<double>(depth);
      for (int64_t i = 0; i < 2 * positions - 1; ++i) {
        s.arrays["index"].push_back(static_cast<int32_t>(r_.between(0, depth - 1)));
      }
      s.tensors["table"] = tensor(depth, heads);
      return s;
    }
    if (kind == "factorized-dense") {
      const int64_t tile = r_.between(1, 6);
      length = (length + tile - 1) / tile * tile;
      s.numbers["tile"] = static_cast<double>(tile);
    }
    s.numbers["length"] = static_cast<double>(length);
    s.numbers["depth"] = static_cast<double>(depth);
    if (kind == "random") s.tensors["matrix"] = tensor(heads * length, length);
    if (kind == "factorized-random") {
      s.tensors["left"] = tensor(heads * length, depth);
      s.tensors["right"] = tensor(heads * length, depth);
    }
    if (kind != "dense" && kind != "factorized-dense") return s;
    hidden_parts->push_back(part(heads * depth, hidden_));
    s.numbers["first"] = static_cast<double>(*hidden_column);
    if (kind == "dense") {
      s.nodes["hidden"] = sa_test::columns(hidden, *hidden_column, heads * depth);
      maps(&s, heads, depth, length);
    }
    *hidden_column += heads * depth;
    return s;
  }

  void feed_forward() {
    const int64_t input = before(), columns = r_.between(1, 70), activation = r_.between(0, 4);
    const int64_t inner = buffer((gated ? 2 : 1) * columns);
    std::vector<Node> up = {part(columns, hidden_)};
    if (gated) up.push_back(part(columns, hidden_));
    add("linear", linear(all(input), inner, std::move(up), gated ? 0 : activation, -1));
    if (gated) {
      Node glu;
      glu.numbers["activation"] = static_cast<double>(activation);
      glu.nodes["rows"] = all(inner);
      add("glu", std::move(glu));
    }
    add("linear", linear(sa_test::columns(inner, 0, columns), sum_, {part(hidden_, columns)}, 0, x_));
    after();
  }

  Random& r_;
  MemorySource source_;
  std::deque<std::vector<float>> floats_;
  std::deque<std::vector<int8_t>> codes_;
  int64_t heads_ = 1, kv_group_ = 1, size_ = 2, hidden_ = 2, x_ = 0, sum_ = 0;
  std::vector<int32_t> buffers_, operations_, order_;
};

struct Tokens {
  std::vector<int32_t> offsets = {0}, ids;

  Tokens(Random& r, const RandomProgram& program) {
    for (int64_t s = r.between(1, 60); s > 0; --s) {
      for (int64_t t = r.between(1, program.positions); t > 0; --t) {
        ids.push_back(static_cast<int32_t>(r.between(0, program.vocabulary - 1)));
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

void check_program(Case& c) {
  Random& r = c.random;
  const RandomProgram random(c);
  const Tokens tokens(r, random);
  const std::vector<int32_t>&offsets = tokens.offsets, &ids = tokens.ids;
  const int64_t sequences = tokens.sequences(), columns = random.columns();
  const auto output = static_cast<sa::EncodeOutput>(r.between(0, 6));
  const bool all_tokens = output == sa::EncodeOutput::kTokens, normalize = r.chance(50);
  const int64_t skip = r.chance(70) ? 0 : r.between(1, 5);
  const int threads = any_threads(c);
  c.describe("columns %d, heads applied %d, sequences %d, tokens %d, output %d%s%s%s, %d threads",
             static_cast<int>(columns), static_cast<int>(random.attention_rows), static_cast<int>(sequences),
             static_cast<int>(ids.size()), static_cast<int>(output), random.gated ? ", gated" : "",
             random.pre_norm ? ", pre-norm" : "", random.int8 ? ", int8" : "", threads);
  TreeFields fields(random.root);
  const auto program = sa::Program::read(fields);
  c.that(fields.problem().c_str(), !fields.failed());
  if (program == nullptr) return;
  sa::WeightReader reader;
  const bool loaded = program->load(c.kernels, {}, &reader);
  c.that("the weights load", loaded);
  if (!loaded) return;

  Buffer<float> all(r, (all_tokens ? offsets.back() : sequences) * columns);
  std::vector<sa::SequenceStatus> status(static_cast<size_t>(sequences), sa::SequenceStatus::kUnread);
  sa::EncodeBatch batch = {ids.data(), offsets.data(), sequences,  output,
                           skip,       normalize,      all.data(), status.data()};
  c.that("encode has its memory", program->encode(batch));
  c.untouched("written beside the batch", all);
  for (const sa::SequenceStatus s : status) c.that("a sequence is done", s == sa::SequenceStatus::kDone);
  const int64_t pick = r.between(0, sequences - 1);
  const int32_t begin = offsets[static_cast<size_t>(pick)], end = offsets[static_cast<size_t>(pick + 1)];
  const std::vector<int32_t> alone = {0, end - begin};
  Buffer<float> one(r, (all_tokens ? end - begin : 1) * columns);
  any_threads(c);
  batch = {ids.data() + begin, alone.data(), 1, output, skip, normalize, one.data(), status.data()};
  const bool wanted = r.chance(50);
  const int64_t length = end - begin, rows = program->attention_heads() * length;
  c.that("the heads of all attentions", program->attention_heads() == random.attention_rows);
  Buffer<float> attention(r, wanted ? rows * length : 0);
  if (wanted) batch.attention = attention.data();
  c.that("encode has its memory", program->encode(batch));
  c.untouched("written beside the sequence", one);
  if (wanted) check_attention_weights(c, attention, rows, length);
  // Prepared scores come from their exponentials, unless the weights are wanted: that may change the last
  // bits.
  if (wanted && random.prepares) return;
  for (int64_t i = 0; i < one.size(); ++i) {
    c.that("an embedding is a number", one[i] == one[i]);
    c.same_bits("the sequence alone", i, all[(all_tokens ? begin : pick) * columns + i], one[i]);
  }
}

}  // namespace sa_test
