#include "conformance/int8.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "schedule/run.h"

namespace sa_test {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kDenormal = 1.401298464324817e-45;
constexpr double kSmallest = kSmallestStep * (1 + 2 * kU);

Line any_line(Random& r, bool of_b) {
  static constexpr Line kKinds[] = {Line::kZero, Line::kConstant,  Line::kExtreme, Line::kExtreme,
                                    Line::kTiny, Line::kNotFinite, Line::kHuge,    Line::kBeyond};
  if (!r.chance(30)) return Line::kUsual;
  // Huge rows only: a product of two huge numbers says nothing.
  return kKinds[r.between(0, of_b ? 5 : 7)];
}

int64_t up(int64_t x, int64_t multiple) { return (x + multiple - 1) / multiple * multiple; }

}  // namespace

Codes codes_of(Case& c) {
  const int64_t bytes = static_cast<int64_t>(c.kernels.int8_packed_size(2, 1));
  Buffer<int8_t> w(c.random, bytes);
  Buffer<int32_t> sums(c.random, c.kernels.panel_width), zeros(c.random, 1);
  Buffer<float> scales(c.random, c.kernels.panel_width), scale(c.random, 1);
  Buffer<uint8_t> q(c.random, sa::int8_row_stride(1));
  const float ones[2] = {1.0f, 1.0f};
  c.kernels.int8_pack({ones, 1, 1}, 2, 1, {w.data(), sums.data(), scales.data()});
  c.kernels.int8_quantize_rows({1, ones, 1, q.data(), sa::int8_row_stride(1), scale.data(), zeros.data()}, 0,
                               1);
  c.that("two equal weights are 127, or 64 together within 128", w[0] == w[1] && (w[0] == 127 || w[0] == 64));
  c.that("the largest activation is 255, or 127 with an offset", q[0] == 255 || q[0] == 127);
  return {w[0] == 64, 255 - q[0]};
}

Lines::Lines(Case& c, bool of_b, int64_t lines, int64_t length, const Layout& layout)
    : of_b(of_b), lines(lines), length(length), layout(layout), data(c.random, layout.span) {
  for (int64_t i = 0; i < lines; ++i) fill(c, i, any_line(c.random, of_b));
}

void Lines::fill(Case& c, int64_t line, Line kind) {
  Random& r = c.random;
  const Numbers numbers = any_numbers(r);
  const float constant = number(r, numbers), sign = r.chance(50) ? 1.0f : -1.0f;
  const int64_t run = r.chance(30) ? length + 1 : int64_t{1} << r.between(0, 3);
  const bool by_chance = r.chance(25);
  for (int64_t p = 0; p < length; ++p) {
    float x = number(r, numbers);
    if (kind == Line::kZero) x = 0.0f;
    if (kind == Line::kConstant) x = constant;
    if (kind == Line::kExtreme) x = (by_chance ? r.chance(50) : p / run % 2 == 0) ? constant : -constant;
    if (kind == Line::kTiny) {
      x = std::ldexp(r.uniform(-1.0f, 1.0f), -static_cast<int>(r.between(95, 149)));
    }
    if (kind == Line::kHuge) x = sign * (p == 0 ? r.uniform(0.5f, 1.0f) : r.uniform(0.0f, 1.0f)) * FLT_MAX;
    if (kind == Line::kBeyond) x = (p % 2 == 0 ? sign : -sign) * r.uniform(0.6f, 1.0f) * FLT_MAX;
    data[at(line, p)] = x;
  }
  if (kind == Line::kNotFinite && length > 0) {
    static const float kOdd[] = {std::numeric_limits<float>::quiet_NaN(),
                                 std::numeric_limits<float>::infinity(),
                                 -std::numeric_limits<float>::infinity()};
    data[at(line, r.between(0, length - 1))] = kOdd[r.between(0, 2)];
  }
}

QuantizedRows::QuantizedRows(Case& c, const Codes& tier, const Lines& a, int64_t begin, int64_t end)
    : data(c.random, a.lines * sa::int8_row_stride(a.length)),
      scales(c.random, a.lines),
      zeros(c.random, a.lines),
      spans(static_cast<size_t>(a.lines), kNan),
      codes(static_cast<size_t>(a.lines * a.length), 0) {
  const int64_t k = a.length, stride = sa::int8_row_stride(k);
  view = {k, a.data.data(), a.layout.row_stride, data.data(), stride, scales.data(), zeros.data()};
  c.kernels.int8_quantize_rows(view, begin, end);
  std::vector<char> rows(static_cast<size_t>(a.lines), 0), bytes(static_cast<size_t>(data.size()), 0);
  for (int64_t i = begin; i < end; ++i) {
    rows[static_cast<size_t>(i)] = 1;
    for (int64_t p = 0; p < stride; ++p) bytes[static_cast<size_t>(i * stride + p)] = 1;
    for (int64_t p = k; p < stride; ++p) c.equal("bytes behind k", i * stride + p, data[i * stride + p], 0);
    float least = 0.0f, most = 0.0f;
    bool finite = true;
    for (int64_t p = 0; p < k; ++p) {
      const float x = a.value(i, p);
      least = x < least ? x : least;
      most = x > most ? x : most;
      finite = finite && std::isfinite(x);
    }
    const float rounded = most - least;
    if (!finite || !std::isfinite(rounded)) {
      c.that("the scale of a row that is not finite is not finite", !std::isfinite(scales[i]));
      continue;
    }
    const double span = static_cast<double>(most) - least;
    spans[static_cast<size_t>(i)] = span;
    c.within("scale of a row", i, scales[i], span / 255, 2.001 * kU * span / 255 + kDenormal);
    if (span > kSmallest) {
      c.within("zero of a row", i, zeros[i], -255 * (least / span), kHalfStep);
      c.that("zero in [0, 255]", zeros[i] >= 0 && zeros[i] <= 255);
    }
    for (int64_t p = 0; p < k; ++p) {
      const uint8_t stored = data[i * stride + p];
      const int q = tier.offset == 0 ? stored : static_cast<int8_t>(stored) + tier.offset;
      const int32_t code = q - zeros[i];
      codes[static_cast<size_t>(i * k + p)] = code;
      if (span > kSmallest) {
        c.within("q", i * k + p, q, zeros[i] + 255 * (a.value(i, p) / span), kHalfStep);
      } else {
        c.within("a of a tiny row", i * k + p, static_cast<double>(scales[i]) * code, a.value(i, p), span);
      }
    }
  }
  c.untouched("other rows of q", data, bytes);
  c.untouched("other scales", scales, rows);
  c.untouched("other zeros", zeros, rows);
}

double QuantizedRows::step_error(int64_t i) const {
  const double span = spans[static_cast<size_t>(i)];
  return span > kSmallest ? kHalfStep * scales[i] : span;
}

QuantizedColumns::QuantizedColumns(Case& c, const Codes& tier, const Lines& b)
    : data(c.random, up(b.length, 4) * up(b.lines, c.kernels.panel_width)),
      sums(c.random, up(b.lines, c.kernels.panel_width)),
      scales(c.random, up(b.lines, c.kernels.panel_width)),
      view{data.data(), sums.data(), scales.data()},
      largest(static_cast<size_t>(b.lines), kNan),
      codes(static_cast<size_t>(b.lines * b.length), 0) {
  const int64_t k = b.length, width = c.kernels.panel_width, depth = up(k, 4);
  c.equal("int8_packed_size", 0, static_cast<double>(c.kernels.int8_packed_size(k, b.lines)),
          static_cast<double>(data.size()));
  sa::run_int8_pack(c.kernels, b.layout.view(b.data.data()), k, b.lines, view);
  for (int64_t j = 0; j < up(b.lines, width); ++j) {
    double magnitude = 0, neighbour = 0;
    bool finite = true;
    for (int64_t p = 0; j < b.lines && p < k; ++p) {
      const double x = std::fabs(static_cast<double>(b.value(j, p)));
      magnitude = std::max(magnitude, x);
      if (tier.pairs && p % 2 == 1) magnitude = std::max(magnitude, (x + neighbour) * 127 / 128);
      neighbour = x;
      finite = finite && std::isfinite(x);
    }
    if (!finite) {
      c.nan("scale of a column that is not finite", j, scales[j]);
      continue;
    }
    if (j < b.lines) largest[static_cast<size_t>(j)] = magnitude;
    const double step = magnitude / 127;
    c.within("scale of a column", j, scales[j], step,
             3.001 * kU * step + (magnitude == 0 ? 0 : 2 * kDenormal));
    int32_t sum = 0, most = 0, together = 0, before = 0;
    for (int64_t p = 0; p < depth; ++p) {
      const int32_t w = data[j / width * width * depth + (p / 4 * width + j % width) * 4 + p % 4];
      sum += w;
      most = std::max(most, std::abs(w));
      if (tier.pairs && p % 2 == 1) together = std::max(together, std::abs(w) + before);
      before = std::abs(w);
      if (j >= b.lines || p >= k) {
        c.equal("weights of the tail", j * depth + p, w, 0);
        continue;
      }
      codes[static_cast<size_t>(j * k + p)] = w;
      if (step > kSmallest) {
        c.within("w", j * k + p, w, b.value(j, p) / step, kHalfStep);
      } else {
        c.within("b of a tiny column", j * k + p, static_cast<double>(scales[j]) * w, b.value(j, p),
                 magnitude);
      }
    }
    c.that("a weight of at most 127, two neighbours of at most 128", most <= 127 && together <= 128);
    if (step > kSmallest)
      c.that("the largest weight, or two neighbours, fill the range", most == 127 || together >= 127);
    c.equal("sum of a column", j, sums[j], sum);
  }
  c.untouched("written beside the panels", data);
  c.untouched("written beside the sums", sums);
  c.untouched("written beside the scales", scales);
}

double QuantizedColumns::step_error(int64_t j) const {
  const double magnitude = largest[static_cast<size_t>(j)];
  return magnitude / 127 > kSmallest ? kHalfStep * scales[j] : magnitude;
}

}  // namespace sa_test
