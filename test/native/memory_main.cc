// Runs every kernel of every supported tier on buffers that end exactly where their data ends, so that an
// address sanitizer sees any access beside them. Numbers are held against plain loops; the conformance tests
// hold them against derived bounds.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "dispatch/dispatch.h"
#include "dispatch/run.h"
#include "encoder/bert.h"
#include "runtime/thread_pool.h"

namespace {

std::mt19937 generator(20240607);
int failures = 0;

int64_t between(int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(generator);
}

std::vector<float> numbers(int64_t size) {
  std::vector<float> out(static_cast<size_t>(size));
  out.shrink_to_fit();
  for (float& x : out) x = std::uniform_real_distribution<float>(-1.0f, 1.0f)(generator);
  return out;
}

void expect_close(const char* what, double actual, double expected) {
  if (std::fabs(actual - expected) <= 1e-4 * (1 + std::fabs(expected))) return;
  if (++failures < 20) std::printf("%s: expected %g but received %g\n", what, expected, actual);
}

void check_matmul(const sa::KernelSet& kernels) {
  sa::Matmul p;
  p.batch = between(1, 3);
  p.m = between(0, 40);
  p.n = between(0, 70);
  p.k = between(0, 50) * (between(0, 9) == 0 ? 20 : 1);
  const bool transpose_a = between(0, 1), transpose_b = between(0, 1), shared = between(0, 1);
  const auto a = numbers(p.batch * p.m * p.k), b = numbers((shared ? 1 : p.batch) * p.k * p.n);
  const auto bias = numbers(p.n), residual = numbers(p.batch * p.m * p.n);
  std::vector<float> c(static_cast<size_t>(p.batch * p.m * p.n));
  p.a = transpose_a ? sa::MatrixView{a.data(), 1, p.m} : sa::MatrixView{a.data(), p.k, 1};
  p.b = transpose_b ? sa::MatrixView{b.data(), 1, p.k} : sa::MatrixView{b.data(), p.n, 1};
  p.a_batch = p.m * p.k;
  p.b_batch = shared ? 0 : p.k * p.n;
  p.c = c.data();
  p.c_stride = p.n;
  p.c_batch = p.residual_batch = p.m * p.n;
  p.epilogue.bias = bias.data();
  p.epilogue.residual = residual.data();
  p.epilogue.residual_stride = p.n;
  p.epilogue.activation = static_cast<sa::Activation>(between(0, 3));
  std::vector<float> panels(kernels.packed_size(p.k, p.n));
  if (shared && between(0, 1)) {
    sa::run_pack(kernels, p.b, p.k, p.n, panels.data());
    p.packed_b = panels.data();
  }
  if (!sa::run_matmul(kernels, p)) ++failures;
  for (int64_t i = 0; i < p.batch * p.m * p.n; ++i) {
    const int64_t batch = i / (p.m * p.n), row = i / p.n % p.m, column = i % p.n;
    double x = bias[static_cast<size_t>(column)];
    for (int64_t q = 0; q < p.k; ++q) {
      x += static_cast<double>(
               a[static_cast<size_t>(batch * p.a_batch + row * p.a.row_stride + q * p.a.col_stride)]) *
           b[static_cast<size_t>(batch * p.b_batch + q * p.b.row_stride + column * p.b.col_stride)];
    }
    if (p.epilogue.activation == sa::Activation::kRelu) x = std::fmax(x, 0);
    if (p.epilogue.activation == sa::Activation::kGelu) x = x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    if (p.epilogue.activation == sa::Activation::kGeluTanh) {
      x = x / 2 * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    }
    // The random operands reach sums of some tens; the bound is for indices, not for roundings.
    expect_close("matmul", c[static_cast<size_t>(i)], x + residual[static_cast<size_t>(i)]);
  }
}

void check_attention(const sa::KernelSet& kernels, int kind) {
  sa::Attention p;
  p.batch = between(1, 2);
  p.heads = between(1, 3);
  p.queries = between(1, 70);
  p.keys = between(1, between(0, 5) == 0 ? 600 : 70);
  p.value_columns = between(1, 40);
  p.causal = between(0, 1);
  const int64_t depth = between(1, 40), longest = std::max(p.queries, p.keys) + between(0, 5);
  const int64_t pairs = p.batch * p.heads;
  const auto left = numbers(pairs * p.queries * depth), right = numbers(pairs * p.keys * depth);
  const auto matrix = numbers(p.heads * longest * longest), value = numbers(pairs * p.keys * p.value_columns);
  const auto bias = numbers(p.heads * longest);
  std::vector<float> exponentials(matrix.size()), sums(matrix.size());
  std::vector<float> out(static_cast<size_t>(pairs * p.queries * p.value_columns));
  std::vector<float> weights(static_cast<size_t>(pairs * p.queries * p.keys));
  std::vector<uint8_t> mask(static_cast<size_t>(p.queries * p.keys));
  for (uint8_t& m : mask) m = between(0, 3) != 0;
  std::vector<float> panels(kernels.packed_size(depth, longest));
  std::vector<float> wide = numbers(depth * longest);

  p.source_count = 1;
  sa::ScoreSource& source = p.sources[0];
  source.kind = static_cast<sa::ScoreKind>(kind);
  source.depth = depth;
  source.left = left.data();
  source.left_strides = {p.heads * p.queries * depth, p.queries * depth, depth};
  if (source.kind == sa::ScoreKind::kProduct) {
    source.right = right.data();
    source.right_strides = {p.heads * p.keys * depth, p.keys * depth, depth};
  } else if (source.kind == sa::ScoreKind::kPanels) {
    kernels.pack_panels({wide.data(), longest, 1}, depth, longest, panels.data());
    source.right = panels.data();
    source.bias = bias.data();
    source.bias_head = longest;
  } else {
    source.left = matrix.data();
    source.left_strides = {0, longest * longest, longest};
    if (source.kind == sa::ScoreKind::kPrepared) {
      sa::run_prepare_scores(kernels, matrix.data(), p.heads * longest, longest, exponentials.data(),
                             sums.data());
      source.left = exponentials.data();
      source.prepared = {sums.data(), matrix.data()};
    } else {
      // A second source takes the path of mixtures.
      p.sources[p.source_count++] = source;
    }
  }
  p.value = value.data();
  p.value_strides = {p.heads * p.keys * p.value_columns, p.keys * p.value_columns, p.value_columns};
  p.out = out.data();
  p.out_strides = {p.heads * p.queries * p.value_columns, p.queries * p.value_columns, p.value_columns};
  if (between(0, 1)) {
    p.mask = mask.data();
    p.mask_strides = {0, 0, p.keys};
  }
  if (between(0, 2) == 0) p.weights = weights.data();
  if (!sa::run_attention(kernels, p)) ++failures;

  for (int64_t pair = 0; pair < pairs; ++pair) {
    const int64_t h = pair % p.heads;
    for (int64_t i = 0; i < p.queries; ++i) {
      std::vector<double> row(static_cast<size_t>(p.keys));
      double total = 0;
      for (int64_t j = 0; j < p.keys; ++j) {
        double logit = 0;
        if (source.kind == sa::ScoreKind::kProduct || source.kind == sa::ScoreKind::kPanels) {
          for (int64_t c = 0; c < depth; ++c) {
            const double y = source.kind == sa::ScoreKind::kProduct
                                 ? right[static_cast<size_t>((pair * p.keys + j) * depth + c)]
                                 : wide[static_cast<size_t>(c * longest + j)];
            logit += left[static_cast<size_t>((pair * p.queries + i) * depth + c)] * y;
          }
          if (source.bias != nullptr) logit += bias[static_cast<size_t>(h * longest + j)];
        } else {
          logit = matrix[static_cast<size_t>((h * longest + i) * longest + j)] * p.source_count;
        }
        const bool seen =
            (!p.causal || j <= i) && (p.mask == nullptr || mask[static_cast<size_t>(i * p.keys + j)] != 0);
        row[static_cast<size_t>(j)] = seen ? std::exp(logit) : 0;
        total += row[static_cast<size_t>(j)];
      }
      for (int64_t c = 0; c < p.value_columns; ++c) {
        double x = 0;
        for (int64_t j = 0; j < p.keys && total > 0; ++j) {
          x += row[static_cast<size_t>(j)] / total *
               value[static_cast<size_t>((pair * p.keys + j) * p.value_columns + c)];
        }
        expect_close("attention", out[static_cast<size_t>((pair * p.queries + i) * p.value_columns + c)], x);
      }
    }
  }
}

void check_rows(const sa::KernelSet& kernels) {
  const int64_t rows = between(1, 9), columns = between(1, 50);
  const auto x = numbers(rows * columns), gamma = numbers(columns), beta = numbers(columns);
  std::vector<float> y(x.size());
  std::vector<uint8_t> mask(x.size(), 1);
  sa::run_softmax(kernels, {rows, columns, x.data(), y.data(), 2.0f, mask.data(), rows, true, rows});
  for (int64_t r = 0; r < rows; ++r) {
    double sum = 0;
    for (int64_t j = 0; j < columns; ++j) sum += y[static_cast<size_t>(r * columns + j)];
    expect_close("softmax", sum, 1);
  }
  sa::run_layer_norm(kernels, {rows, columns, x.data(), y.data(), gamma.data(), beta.data(), 1e-5f});
  sa::run_gelu(kernels, {rows * columns, x.data(), y.data(), between(0, 1) == 0});
  sa::run_l2_normalize(kernels, {columns, x.data(), y.data()}, rows);
  double norm = 0;
  for (int64_t j = 0; j < columns; ++j) norm += std::pow(y[static_cast<size_t>(j)], 2);
  expect_close("l2 norm", norm, 1);
  const std::vector<int32_t> offsets = {0, static_cast<int32_t>(rows / 2), static_cast<int32_t>(rows)};
  std::vector<float> pooled(static_cast<size_t>(2 * columns));
  for (int mode = 0; mode < 3; ++mode) {
    sa::run_pool(kernels, {columns, x.data(), offsets.data(), static_cast<sa::Pooling>(mode), pooled.data()},
                 2);
  }
  std::vector<int32_t> ids(static_cast<size_t>(rows));
  for (int32_t& id : ids) id = static_cast<int32_t>(between(0, rows - 1));
  sa::EmbeddingRows embedding;
  embedding.columns = columns;
  embedding.tables[0] = {x.data(), ids.data()};
  embedding.tables[1] = {x.data(), nullptr};
  embedding.y = y.data();
  sa::run_embedding(kernels, embedding, rows);
  expect_close("embedding", y[0], static_cast<double>(x[static_cast<size_t>(ids[0] * columns)]) + x[0]);
}

std::vector<sa::WeightView> views(const std::vector<std::vector<float>>& tensors) {
  std::vector<sa::WeightView> out;
  for (const auto& t : tensors) {
    out.push_back(
        {reinterpret_cast<const uint8_t*>(t.data()), static_cast<int64_t>(t.size()), sa::DType::kF32});
  }
  return out;
}

// The forward pass of random small models; the same sequences alone must give the same bits.
void check_bert(const sa::KernelSet& kernels) {
  sa::BertConfig config;
  config.heads = between(1, 3);
  config.hidden = config.heads * between(1, 20);
  config.layers = between(0, 2);
  config.intermediate = between(1, 70);
  config.vocabulary = between(1, 30);
  config.positions = between(1, 40);
  config.token_types = 1;
  config.activation = static_cast<sa::Activation>(between(1, 3));
  std::vector<std::vector<float>> tensors, layers;
  for (int role = 0; role < sa::kBertTensors; ++role)
    tensors.push_back(numbers(sa::bert_tensor_size(config, role)));
  for (int64_t i = 0; i < config.layers * sa::kBertLayerTensors; ++i) {
    layers.push_back(
        numbers(sa::bert_layer_tensor_size(config, static_cast<int>(i % sa::kBertLayerTensors))));
  }
  const auto bert = sa::Bert::load(kernels, config, nullptr, views(tensors), views(layers));
  std::vector<int32_t> offsets = {0}, ids;
  for (int64_t s = between(1, 60); s > 0; --s) {
    for (int64_t t = between(1, config.positions); t > 0; --t) {
      ids.push_back(static_cast<int32_t>(between(0, config.vocabulary - 1)));
    }
    offsets.push_back(static_cast<int32_t>(ids.size()));
  }
  const int64_t sequences = static_cast<int64_t>(offsets.size()) - 1;
  std::vector<float> all(static_cast<size_t>(sequences * config.hidden)),
      one(static_cast<size_t>(config.hidden));
  sa::EncodeBatch batch = {ids.data(), offsets.data(), sequences, sa::EncodeOutput::kMean, true, all.data()};
  if (!bert->encode(batch)) ++failures;
  const int64_t pick = between(0, sequences - 1);
  const std::vector<int32_t> alone = {
      0, offsets[static_cast<size_t>(pick + 1)] - offsets[static_cast<size_t>(pick)]};
  batch = {ids.data() + offsets[static_cast<size_t>(pick)],
           alone.data(),
           1,
           sa::EncodeOutput::kMean,
           true,
           one.data()};
  if (!bert->encode(batch)) ++failures;
  for (int64_t j = 0; j < config.hidden; ++j) {
    if (one[static_cast<size_t>(j)] != all[static_cast<size_t>(pick * config.hidden + j)]) ++failures;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = count > 1 ? std::atoi(arguments[1]) : 100;
  for (const sa::Tier& tier : sa::tiers()) {
    const sa::KernelSet* kernels = sa::find_kernels(tier.name);
    if (kernels == nullptr) continue;
    for (int round = 0; round < rounds; ++round) {
      sa::ThreadPool::instance().set_threads(static_cast<int>(between(1, 3)));
      check_matmul(*kernels);
      check_attention(*kernels, round % 4);
      check_rows(*kernels);
      if (round % 4 == 0) check_bert(*kernels);
    }
    std::printf("%s: %d rounds\n", tier.name, rounds);
  }
  std::printf("failures: %d\n", failures);
  return failures == 0 ? 0 : 1;
}
