// Attention in float64 with its bound. Logits err by what their sums and their mixture round; an error of an
// argument is a relative error of the exponential; the output weighs the values with all of that.
#include <cmath>
#include <limits>

#include "conformance/attention.h"
#include "conformance/reference.h"

namespace sa_test {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

int64_t at(const sa::HeadStrides& s, int64_t b, int64_t h, int64_t row) {
  return b * s.batch + h * s.head + row * s.row;
}

struct Logit {
  double value = 0, error = 0;
};

// Logit (i, j) of one source, before its weight.
Logit source_logit(const AttentionProblem& p, int index, int64_t b, int64_t h, int64_t i, int64_t j) {
  const sa::ScoreSource& s = p.call.sources[index];
  const float* left = s.left + at(s.left_strides, b, h, i);
  if (s.kind == sa::ScoreKind::kMatrix) return {left[j], 0};
  if (s.kind == sa::ScoreKind::kPrepared) {
    return {(s.prepared.logits + at(s.left_strides, b, h, i))[j], 0};
  }
  const int64_t group = h / p.call.kv_group;
  if (s.kind == sa::ScoreKind::kOuter) {
    const double value = static_cast<double>(left[j % s.depth]) *
                         static_cast<double>(s.right[at(s.right_strides, b, h, i) + j / s.depth]);
    return {value, kU * std::fabs(value)};
  }
  Sum sum;
  if (s.kind == sa::ScoreKind::kAdditive) {
    for (int64_t q = 0; q < s.depth; ++q) {
      const double v = s.feature_weights == nullptr ? 1.0 : static_cast<double>(s.feature_weights[q]);
      const double x = left[q], y = s.right[at(s.right_strides, b, group, j) + q];
      sum.add(v * std::tanh(static_cast<double>(s.factor) * (x + y)));
      // The hyperbolic tangent errs by 3 u, its rounded argument adds 2 u |z| / cosh(z)^2 < u.
      sum.magnitude += 4 * std::fabs(v) / static_cast<double>(s.depth);
    }
    return {sum.value, static_cast<double>(s.depth + 2) * kU * sum.magnitude};
  }
  if (s.bias != nullptr) sum.add(s.bias[h * s.bias_head + j]);
  const AttentionProblem::Panels& panels = p.panels[index];
  for (int64_t q = 0; q < s.depth; ++q) {
    const double right = s.kind == sa::ScoreKind::kProduct
                             ? s.right[at(s.right_strides, b, group, j) + q]
                             : panels.data[b * panels.batch + h * panels.head + q * panels.row + j];
    sum.add(left[q] * right);
  }
  return {sum.value, static_cast<double>(s.depth + 2) * kU * sum.magnitude};
}

Logit mixed_logit(const AttentionProblem& p, int64_t b, int64_t h, int64_t i, int64_t j) {
  Logit out;
  double magnitude = 0;
  for (int s = 0; s < p.call.source_count; ++s) {
    const double weight = p.call.sources[s].weight;
    const Logit one = source_logit(p, s, b, h, i, j);
    out.value += weight * one.value;
    out.error += std::fabs(weight) * one.error;
    magnitude += std::fabs(weight * one.value);
  }
  if (p.call.source_count > 1 && magnitude < kInfinity) {
    out.error += static_cast<double>(p.call.source_count + 1) * kU * (magnitude + out.error);
  }
  return out;
}

struct Row {
  std::vector<double> weight, error;  // of the softmax, and how far each may be off
  bool empty = true;
};

bool sees(const sa::Attention& call, int64_t b, int64_t h, int64_t i, int64_t j) {
  const int64_t position = call.position + i;
  if (call.after >= 0 && j > position + call.after) return false;
  if (call.before >= 0 && j < position - call.before) return false;
  return call.mask == nullptr || call.mask[at(call.mask_strides, b, h, i) + j] != 0;
}

// Prepared exponentials are relative to the maximum of the whole matrix row, not to that of the keys in use.
// Returns by how much; 0 where the kernel computes from the logits: with masks that differ from row to row,
// with weights to write, with a window, and where the sum would be below 1e-30.
double prepared_distance(const AttentionProblem& p, int64_t b, int64_t h, int64_t i, double max) {
  const sa::Attention& call = p.call;
  if (call.sources[0].kind != sa::ScoreKind::kPrepared) return 0;
  if (call.weights != nullptr || call.before >= 0) return 0;
  if (call.mask != nullptr && call.mask_strides.row != 0) return 0;
  double top = max;
  for (int64_t j = 0; j < p.prepared_columns; ++j) top = std::fmax(top, source_logit(p, 0, b, h, i, j).value);
  return top - max > std::log(1e30 * static_cast<double>(call.keys)) ? 0 : top - max;
}

Row softmax_row(const AttentionProblem& p, int64_t b, int64_t h, int64_t i) {
  const size_t n = static_cast<size_t>(p.call.keys);
  Row row = {std::vector<double>(n, 0), std::vector<double>(n, 0)};
  std::vector<Logit> logits(n);
  double max = -kInfinity;
  for (size_t j = 0; j < n; ++j) {
    const bool seen = sees(p.call, b, h, i, static_cast<int64_t>(j));
    logits[j] = seen ? mixed_logit(p, b, h, i, static_cast<int64_t>(j)) : Logit{-kInfinity, 0};
    if (logits[j].value != logits[j].value) {
      row.weight.assign(n, logits[j].value);
      row.empty = false;
      return row;
    }
    if (logits[j].value > max) max = logits[j].value;
  }
  row.empty = max == -kInfinity;
  if (row.empty) return row;
  const double distance = prepared_distance(p, b, h, i, max);
  // Terms below 2^-126 are flushed, relative to whatever the maximum was.
  const double flushed = kTiny * std::exp(distance);
  double sum = 0, sum_error = 0;
  for (size_t j = 0; j < n; ++j) {
    const double e = std::exp(logits[j].value - max);
    row.weight[j] = e;
    if (e == 0) continue;
    // The argument is rounded twice (in pieces, where the keys need several blocks), e^x errs by 2 ULP.
    row.error[j] = logits[j].error + (2 * (distance + max - logits[j].value) + 4) * kU;
    sum += e;
    sum_error += e * row.error[j] + flushed;
  }
  // Additions of the sum, the reciprocal, the product; two more roundings a block of keys.
  const double blocks = static_cast<double>(n) / static_cast<double>(sa::kAttentionKeys) + 1;
  const double common = sum_error / sum + (static_cast<double>(n) + 3 + 4 * blocks) * kU;
  for (size_t j = 0; j < n; ++j) {
    row.weight[j] /= sum;
    if (row.weight[j] > 0) row.error[j] = row.weight[j] * std::expm1(row.error[j] + common) + flushed / sum;
  }
  return row;
}

}  // namespace

AttentionOutput::AttentionOutput(Case& c, sa::Attention* call) {
  const bool any = call->batch * call->heads * call->queries * call->value_columns > 0;
  const int64_t size =
      any ? at(call->out_strides, call->batch - 1, call->heads - 1, call->queries - 1) + call->value_columns
          : 0;
  out.reset(new Buffer<float>(c.random, size));
  out_written.resize(static_cast<size_t>(size));
  call->out = out->data();
  if (call->weights == nullptr) return;
  const int64_t all = call->batch * call->heads * call->queries * call->keys;
  weights.reset(new Buffer<float>(c.random, all));
  weights_written.resize(static_cast<size_t>(all));
  call->weights = weights->data();
}

void AttentionOutput::compare(Case& c, const AttentionProblem& p, int64_t b, int64_t h, int64_t begin,
                              int64_t end) {
  const sa::Attention& call = p.call;
  for (int64_t i = begin; i < end; ++i) {
    const Row row = softmax_row(p, b, h, i);
    const bool bad = !row.weight.empty() && row.weight[0] != row.weight[0];
    for (int64_t v = 0; v < call.value_columns; ++v) {
      Sum sum;
      double error = 0;
      for (int64_t j = 0; j < call.keys && !row.empty; ++j) {
        const size_t key = static_cast<size_t>(j);
        const double value = call.value[at(call.value_strides, b, h / call.kv_group, j) + v];
        sum.add(row.weight[key] * value);
        error += row.error[key] * std::fabs(value);
      }
      const int64_t to = at(call.out_strides, b, h, i) + v;
      const double bound = error + static_cast<double>(call.keys + 4) * kU * sum.magnitude + kTiny;
      if (bad) {
        c.nan("out of a row that sees NaN", to, (*out)[to]);
      } else {
        c.within("out", to, (*out)[to], sum.value, row.empty ? 0 : bound);
      }
      out_written[static_cast<size_t>(to)] = 1;
    }
    for (int64_t j = 0; j < call.keys && weights; ++j) {
      const size_t key = static_cast<size_t>(j);
      const int64_t to = ((b * call.heads + h) * call.queries + i) * call.keys + j;
      if (!bad) {
        c.within("weights", to, (*weights)[to], row.weight[key], row.error[key]);
      }
      weights_written[static_cast<size_t>(to)] = 1;
    }
  }
}

void AttentionOutput::untouched(Case& c) {
  c.untouched("written beside out", *out, out_written);
  if (weights) c.untouched("written beside weights", *weights, weights_written);
}

}  // namespace sa_test
