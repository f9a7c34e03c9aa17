// Attention over [batch, heads, length, size], heads one after the other, for each kind of score.
#include <algorithm>
#include <cmath>
#include <memory>

#include "bench.h"
#include "schedule/run.h"

namespace bench {

namespace {

struct Shape {
  int64_t batch, heads, length, size;
  sa::HeadStrides strides() const { return {heads * length * size, length * size, size}; }
  int64_t pairs() const { return batch * heads; }
  std::string text() const {
    return std::to_string(batch) + "x" + std::to_string(heads) + "x" + std::to_string(length) + "x" +
           std::to_string(size);
  }
};

enum class Kind { kProduct, kRandom, kDense };

struct Operands {
  std::shared_ptr<Operand> query, key, value, out, matrix, exponentials, sums, panels, wide, bias;
};

// logit(pair, i, j) in float64, and the error its float32 twin may carry.
using Logit = std::function<double(int64_t pair, int64_t i, int64_t j, double* bound)>;

double dot(const float* a, const float* b, int64_t n, ptrdiff_t b_stride, double* size) {
  double sum = 0;
  for (int64_t c = 0; c < n; ++c) {
    const double product = static_cast<double>(a[c]) * b[c * b_stride];
    sum += product;
    *size += std::fabs(product);
  }
  return sum;
}

double worst_error(const Shape& s, const Operands& o, const Logit& logit) {
  double worst = 0;
  for (int64_t pair : sample_rows(s.pairs())) {
    for (int64_t i : sample_rows(s.length)) {
      std::vector<double> weights(static_cast<size_t>(s.length));
      double max = -INFINITY, logit_bound = 0, sum = 0;
      for (int64_t j = 0; j < s.length; ++j) {
        double bound = 0;
        weights[static_cast<size_t>(j)] = logit(pair, i, j, &bound);
        max = std::max(max, weights[static_cast<size_t>(j)]);
        logit_bound = std::max(logit_bound, bound);
      }
      for (double& w : weights) sum += w = std::exp(w - max);
      // A weight errs relatively by both logits' errors, 2 ULP of exp and the sum's roundings.
      const double relative = 2 * logit_bound + kUnit * (2 * static_cast<double>(s.length) + 40);
      for (int64_t c = 0; c < s.size; ++c) {
        double exact = 0, size = 0;
        for (int64_t j = 0; j < s.length; ++j) {
          const double term =
              weights[static_cast<size_t>(j)] / sum * o.value->data()[(pair * s.length + j) * s.size + c];
          exact += term;
          size += std::fabs(term);
        }
        const double error = std::fabs(o.out->data()[(pair * s.length + i) * s.size + c] - exact);
        worst = worse(worst, error / (relative * size));
      }
    }
  }
  return worst;
}

Case attention(const sa::KernelSet& kernels, const Shape& s, Kind kind, bool causal = false) {
  const int64_t rows = s.pairs() * s.length;
  Operands o;
  o.query = operand(rows * s.size, 1);
  o.value = operand(rows * s.size, 3);
  o.out = operand(rows * s.size, 4);
  sa::Attention p;
  p.batch = s.batch;
  p.heads = s.heads;
  p.queries = p.keys = s.length;
  p.value_columns = s.size;
  p.after = causal ? 0 : -1;
  p.source_count = 1;
  p.value = o.value->data();
  p.out = o.out->data();
  p.value_strides = p.out_strides = s.strides();
  sa::ScoreSource& source = p.sources[0];
  source.left = o.query->data();
  source.left_strides = s.strides();
  source.depth = s.size;
  source.weight = 1.0f / std::sqrt(static_cast<float>(s.size));
  const double scale = source.weight;
  double products = 2;
  Logit logit;
  if (kind == Kind::kProduct) {
    o.key = operand(rows * s.size, 2);
    source.right = o.key->data();
    source.right_strides = s.strides();
    logit = [=](int64_t pair, int64_t i, int64_t j, double* bound) {
      double size = 0;
      const double sum = dot(o.query->data() + (pair * s.length + i) * s.size,
                             o.key->data() + (pair * s.length + j) * s.size, s.size, 1, &size);
      *bound = static_cast<double>(s.size + 2) * kUnit * size * scale;
      return sum * scale;
    };
  } else if (kind == Kind::kDense) {
    // What a dense Synthesizer leaves to attention: the hidden layer times W2 [size, length], plus its bias.
    const size_t each = kernels.packed_size(s.size, s.length);
    o.wide = operand(s.heads * s.size * s.length, 5);
    o.panels = operand(s.heads * static_cast<int64_t>(each), 6);
    o.bias = operand(s.heads * s.length, 7);
    for (int64_t h = 0; h < s.heads; ++h) {
      kernels.pack_panels({o.wide->data() + h * s.size * s.length, s.length, 1}, s.size, s.length,
                          o.panels->data() + h * static_cast<int64_t>(each));
    }
    source.kind = sa::ScoreKind::kPanels;
    source.weight = 1.0f;
    source.right = o.panels->data();
    source.right_strides = {0, static_cast<ptrdiff_t>(each), 0};
    source.bias = o.bias->data();
    source.bias_head = s.length;
    logit = [=](int64_t pair, int64_t i, int64_t j, double* bound) {
      const int64_t h = pair % s.heads;
      double size = std::fabs(o.bias->data()[h * s.length + j]);
      const double sum = dot(o.query->data() + (pair * s.length + i) * s.size,
                             o.wide->data() + h * s.size * s.length + j, s.size, s.length, &size);
      *bound = static_cast<double>(s.size + 2) * kUnit * size;
      return sum + o.bias->data()[h * s.length + j];
    };
  } else {
    products = 1;
    const int64_t cells = s.heads * s.length * s.length;
    o.matrix = operand(cells, 8);
    o.exponentials = operand(cells, 9);
    o.sums = operand(cells, 10);
    sa::run_prepare_scores(kernels, o.matrix->data(), s.heads * s.length, s.length, o.exponentials->data(),
                           o.sums->data());
    source.kind = sa::ScoreKind::kPrepared;
    source.weight = 1.0f;
    source.left = o.exponentials->data();
    source.left_strides = {0, s.length * s.length, s.length};
    source.prepared = {o.sums->data(), o.matrix->data()};
    logit = [=](int64_t pair, int64_t i, int64_t j, double* bound) {
      const int64_t h = pair % s.heads;
      *bound = 2 * kUnit;
      return static_cast<double>(o.matrix->data()[(h * s.length + i) * s.length + j]);
    };
  }
  Case made;
  made.operands = {o.query,        o.key,  o.value,  o.out,  o.matrix,
                   o.exponentials, o.sums, o.panels, o.wide, o.bias};
  made.unit = "GFLOP/s";
  made.work = 2 * products * static_cast<double>(rows) * static_cast<double>(s.length * s.size);
  made.run = [=, &kernels] { sa::run_attention(kernels, p); };
  made.check = [=] {
    if (!causal) return worst_error(s, o, logit);
    return worst_error(s, o, [&](int64_t pair, int64_t i, int64_t j, double* bound) {
      return j > i ? -INFINITY : logit(pair, i, j, bound);
    });
  };
  return made;
}

}  // namespace

void add_attention(Makers& makers) {
  const auto add = [&](const char* suite, const Shape& s, Kind kind, bool causal = false) {
    makers.push_back({suite, s.text() + (causal ? " causal" : ""),
                      [=](const sa::KernelSet& kernels) { return attention(kernels, s, kind, causal); }});
  };
  const Shape encoder = {8, 12, 128, 32};
  add("attention", encoder, Kind::kProduct);
  add("attention", {1, 12, 512, 64}, Kind::kProduct);
  add("attention", {1, 12, 512, 64}, Kind::kProduct, true);
  add("attention", {28, 12, 18, 32}, Kind::kProduct);
  add("attention", {1, 1, 512, 64}, Kind::kProduct);
  add("attention", {1, 1, 16384, 64}, Kind::kProduct);
  add("random", encoder, Kind::kRandom);
  add("dense", encoder, Kind::kDense);
}

}  // namespace bench
