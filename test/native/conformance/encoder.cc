// The forward pass of random small BERT models. Their numbers are held by golden files elsewhere; here a
// sequence alone must give the same bits as among others, on any number of threads, whether its attention
// weights are wanted or not.
#include <vector>

#include "conformance/operations.h"
#include "encoder/bert.h"

namespace sa_test {

namespace {

std::vector<std::vector<float>> tensors(Case& c, const sa::BertConfig& config, int64_t count, int64_t roles,
                                        int64_t (*size)(const sa::BertConfig&, int)) {
  std::vector<std::vector<float>> out;
  for (int64_t i = 0; i < count; ++i) {
    std::vector<float> t(static_cast<size_t>(size(config, static_cast<int>(i % roles))));
    t.shrink_to_fit();  // ends where its data ends
    for (float& x : t) x = c.random.uniform(-1.0f, 1.0f);
    out.push_back(std::move(t));
  }
  return out;
}

std::vector<sa::WeightView> views(const std::vector<std::vector<float>>& tensors) {
  std::vector<sa::WeightView> out;
  for (const auto& t : tensors) {
    out.push_back(
        {reinterpret_cast<const uint8_t*>(t.data()), static_cast<int64_t>(t.size()), sa::DType::kF32});
  }
  return out;
}

}  // namespace

void check_encoder(Case& c) {
  Random& r = c.random;
  sa::BertConfig config;
  config.heads = r.between(1, 3);
  config.hidden = config.heads * r.between(1, 20);
  config.layers = r.between(0, 2);
  config.intermediate = r.between(1, 70);
  config.vocabulary = r.between(1, 30);
  config.positions = r.between(1, 40);
  config.token_types = 1;
  config.activation = static_cast<sa::Activation>(r.between(1, 3));
  const auto shared = tensors(c, config, sa::kBertTensors, sa::kBertTensors, sa::bert_tensor_size);
  const auto layers = tensors(c, config, config.layers * sa::kBertLayerTensors, sa::kBertLayerTensors,
                              sa::bert_layer_tensor_size);
  const auto bert = sa::Bert::load(c.kernels, config, nullptr, views(shared), views(layers));
  std::vector<int32_t> offsets = {0}, ids;
  for (int64_t s = r.between(1, 60); s > 0; --s) {
    for (int64_t t = r.between(1, config.positions); t > 0; --t) {
      ids.push_back(static_cast<int32_t>(r.between(0, config.vocabulary - 1)));
    }
    offsets.push_back(static_cast<int32_t>(ids.size()));
  }
  ids.shrink_to_fit();
  const int64_t sequences = static_cast<int64_t>(offsets.size()) - 1, hidden = config.hidden;
  const auto output = static_cast<sa::EncodeOutput>(r.between(0, 3));
  const bool tokens = output == sa::EncodeOutput::kTokens, normalize = r.chance(50);
  const int threads = any_threads(c);
  c.describe(
      "heads %d, hidden %d, layers %d, intermediate %d, sequences %d, tokens %d, output %d, %d threads",
      static_cast<int>(config.heads), static_cast<int>(hidden), static_cast<int>(config.layers),
      static_cast<int>(config.intermediate), static_cast<int>(sequences), static_cast<int>(ids.size()),
      static_cast<int>(output), threads);
  c.that("the model loads", bert != nullptr);
  if (bert == nullptr) return;

  Buffer<float> all(r, (tokens ? offsets.back() : sequences) * hidden);
  sa::EncodeBatch batch = {ids.data(), offsets.data(), sequences, output, normalize, all.data()};
  c.that("encode has its memory", bert->encode(batch));
  c.untouched("written beside the batch", all);
  const int64_t pick = r.between(0, sequences - 1);
  const int32_t begin = offsets[static_cast<size_t>(pick)], end = offsets[static_cast<size_t>(pick + 1)];
  const std::vector<int32_t> alone = {0, end - begin};
  Buffer<float> one(r, (tokens ? end - begin : 1) * hidden);
  any_threads(c);
  batch = {ids.data() + begin, alone.data(), 1, output, normalize, one.data()};
  const bool wanted = r.chance(50);
  const int64_t length = end - begin, rows = config.layers * config.heads * length;
  Buffer<float> attention(r, wanted ? rows * length : 0);
  if (wanted) batch.attention = attention.data();
  c.that("encode has its memory", bert->encode(batch));
  c.untouched("written beside the sequence", one);
  c.untouched("written beside the attention", attention);
  for (int64_t row = 0; row < rows && wanted; ++row) {
    double sum = 0;
    for (int64_t j = 0; j < length; ++j) sum += attention[row * length + j];
    c.within("the attention of a token in all", row, sum, 1, static_cast<double>(length + 4) * kU);
  }
  for (int64_t i = 0; i < one.size(); ++i) {
    c.that("an embedding is a number", one[i] == one[i]);
    c.same_bits("the sequence alone", i, all[(tokens ? begin : pick) * hidden + i], one[i]);
  }
}

}  // namespace sa_test
