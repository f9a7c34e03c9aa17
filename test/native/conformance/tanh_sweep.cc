// The hyperbolic tangent as additive scores compute it, absolutely within 3 * 2^-24. A softmax would hide an
// error so small, so logits are 2^20 (tanh(x) - t) with t the float32 next to it, which is exact, beside a
// key whose logit is 0: the odds of the two keys then tell the error.
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "conformance/operations.h"

namespace sa_test {

namespace {

constexpr float kMagnified = 1048576.0f;
constexpr double kBound = 3 * kU;

void sweep(Case& c, const std::vector<float>& points) {
  const int64_t n = static_cast<int64_t>(points.size());
  Buffer<float> x(c.random, n), near(c.random, 2 * n), keys(c.random, 2), weights(c.random, 2 * n),
      none(c.random, 0);
  keys[0] = 0.0f;
  keys[1] = std::numeric_limits<float>::max();  // takes (almost) every x to the tangent 1
  for (int64_t i = 0; i < n; ++i) {
    x[i] = points[static_cast<size_t>(i)];
    near[2 * i] = static_cast<float>(std::tanh(static_cast<double>(x[i])));
    near[2 * i + 1] = static_cast<float>(std::tanh(static_cast<double>(x[i] + keys[1])));
  }
  sa::Attention p;
  p.batch = p.heads = 1;
  p.queries = n;
  p.keys = 2;
  p.source_count = 2;
  p.sources[0].kind = sa::ScoreKind::kAdditive;
  p.sources[0].weight = kMagnified;
  p.sources[0].depth = 1;
  p.sources[0].left = x.data();
  p.sources[0].left_strides.row = 1;
  p.sources[0].right = keys.data();
  p.sources[0].right_strides.row = 1;
  p.sources[1].kind = sa::ScoreKind::kMatrix;
  p.sources[1].weight = -kMagnified;
  p.sources[1].left = near.data();
  p.sources[1].left_strides.row = 2;
  p.value = p.out = none.data();
  p.weights = weights.data();
  Scratch scratch(c.kernels.attention_scratch(p));
  c.kernels.attention_head(p, 0, 0, 0, n, scratch.data());

  for (int64_t i = 0; i < n; ++i) {
    if (x[i] != x[i]) {
      c.nan("tanh of NaN", i, weights[2 * i]);
      continue;
    }
    const double error = std::log(static_cast<double>(weights[2 * i]) / weights[2 * i + 1]) / kMagnified;
    c.within("tanh", i, near[2 * i] + error, std::tanh(static_cast<double>(x[i])), kBound);
  }
}

}  // namespace

// 10 points a case asked for: half of them lie evenly in [-10, 10], half evenly among the float32 numbers,
// infinities and NaN included.
void check_tanh_sweep(Case& c) {
  const int64_t count = c.effort * 5;
  c.describe("%d points", static_cast<int>(2 * count));
  std::vector<float> points;
  for (int64_t i = 0; i < count; ++i) {
    const double t = (static_cast<double>(i) + c.random.uniform(0.0f, 1.0f)) / static_cast<double>(count);
    points.push_back(static_cast<float>(20 * t - 10));
    const uint32_t bits = static_cast<uint32_t>(t * 4294967295.0);
    float x;
    std::memcpy(&x, &bits, sizeof x);
    points.push_back(x);
    if (i == 0) {
      for (const float sign : {-1.0f, 1.0f}) {
        points.push_back(sign * std::numeric_limits<float>::infinity());
        points.push_back(sign * 0.0f);
      }
      points.push_back(std::numeric_limits<float>::quiet_NaN());
    }
    if (points.size() < 4096 && i + 1 < count) continue;
    sweep(c, points);
    points.clear();
  }
}

}  // namespace sa_test
