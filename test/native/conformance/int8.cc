// int8 matmul: its quantisation by formula; C against the exact sum of what the kernels quantised, so that a
// saturated or overflown intermediate shows; and against the product of the operands, within half steps.
#include "conformance/int8.h"

#include <cfloat>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

struct Problem {
  int64_t m = 0, n = 0, k = 0;
  Layout a, b, c, residual;
  bool bias = false, with_residual = false;
  sa::Activation activation = sa::Activation::kNone;
};

void choose_layouts(Case& c, Problem* p) {
  Random& r = c.random;
  p->a = row_major(p->m, p->k, p->k + (r.chance(50) ? 0 : r.between(1, 9)));
  p->b = any_layout(r, p->k, p->n);
  p->c = row_major(p->m, p->n, p->n + (r.chance(50) ? 0 : r.between(1, 9)));
  p->residual = row_major(p->m, p->n, p->n + (r.chance(50) ? 0 : r.between(1, 9)));
}

void choose(Case& c, Problem* p) {
  Random& r = c.random;
  p->m = r.size(0, 40, 100);
  p->n = r.size(0, 70, 200);
  p->k = r.chance(80) ? r.size(0, 70, 300) : r.between(0, 600);
  // Enough for more threads than one, which then share rows or columns.
  if (r.between(0, 49) == 0) {
    p->n = r.between(100, 400);
    p->k = r.between(500, 600);
  }
  choose_layouts(c, p);
  p->bias = r.chance(50);
  p->with_residual = r.chance(30);
  p->activation = r.chance(50) ? sa::Activation::kNone : static_cast<sa::Activation>(r.between(0, 4));
}

// Activation and residual on a value that errs by `bound`.
void finish(const Problem& p, double residual, double* value, double* bound) {
  *bound = activation_bound(p.activation, *value, *bound);
  *value = activate(p.activation, *value);
  if (!p.with_residual) return;
  *value += residual;
  *bound += kU * (std::fabs(*value) + *bound);
}

struct Operands {
  Operands(Case& c, const Problem& p)
      : a(c, false, p.m, p.k, p.a),
        b(c, true, p.n, p.k, p.b),
        bias(c.random, p.bias ? p.n : 0),
        residual(c.random, p.with_residual ? p.residual.span : 0) {
    fill(c, bias, any_numbers(c.random));
    if (p.with_residual) fill_layout(c, residual, p.residual, p.m, p.n, 1, 0);
  }
  sa::Epilogue epilogue(const Problem& p) const {
    sa::Epilogue e;
    if (p.bias) e.bias = bias.data();
    e.activation = p.activation;
    if (p.with_residual) e.residual = residual.data();
    if (p.with_residual) e.residual_stride = p.residual.row_stride;
    return e;
  }
  Lines a, b;
  Buffer<float> bias, residual;
};

void compare(Case& c, const Problem& p, const Operands& o, const QuantizedRows& rows,
             const QuantizedColumns& columns, const Buffer<float>& out) {
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      const int64_t at = p.c.at(i, j);
      if (std::isnan(rows.spans[static_cast<size_t>(i)]) ||
          std::isnan(columns.largest[static_cast<size_t>(j)])) {
        c.nan("C of a row or column that is not finite", at, out[at]);
        continue;
      }
      const double step_a = rows.step_error(i), step_b = columns.step_error(j);
      int64_t sum = 0;
      double product = 0, magnitude = 0, steps = 0;
      for (int64_t q = 0; q < p.k; ++q) {
        sum += int64_t{rows.codes[static_cast<size_t>(i * p.k + q)]} *
               columns.codes[static_cast<size_t>(j * p.k + q)];
        const double a = o.a.value(i, q), b = o.b.value(j, q);
        product += a * b;
        magnitude += std::fabs(a * b);
        steps += std::fabs(a) * step_b + std::fabs(b) * step_a + step_a * step_b;
      }
      const double scale = static_cast<double>(rows.scales[i]) * columns.scales[j];
      const double bias = p.bias ? o.bias[j] : 0, exact = static_cast<double>(sum) * scale;
      // Conversion, product of the scales (or what it loses as a denormal number), multiply-add. A sum of 0
      // gives the bias itself.
      double bound = 0;
      if (sum != 0) {
        bound = 2.001 * kU * std::fabs(exact) + std::fabs(static_cast<double>(sum)) * 1.41e-45;
        bound += kU * (std::fabs(exact + bias) + bound) + kTiny;
      }
      // Beyond float32, as the float32 product would be.
      if (scale > FLT_MAX || std::fabs(exact) + std::fabs(bias) + bound > FLT_MAX) continue;
      double near = product + bias;
      double near_bound = bound + steps + static_cast<double>(p.k) * 2.3e-16 * magnitude;
      const double residual = p.with_residual ? o.residual[p.residual.at(i, j)] : 0;
      double value = exact + bias;
      finish(p, residual, &value, &bound);
      finish(p, residual, &near, &near_bound);
      c.within("C", at, out[at], value, bound);
      c.within("C against float64", at, out[at], near, near_bound);
    }
  }
}

std::vector<char> written(const Problem& p, int64_t size) {
  std::vector<char> out(static_cast<size_t>(size), 0);
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) out[static_cast<size_t>(p.c.at(i, j))] = 1;
  }
  return out;
}

sa::Int8Matmul call(const Problem& p, const Operands& o, const QuantizedColumns& b, Buffer<float>& out) {
  sa::Int8Matmul g;
  g.m = p.m;
  g.n = p.n;
  g.k = p.k;
  g.x = o.a.data.data();
  g.x_stride = p.a.row_stride;
  g.b = b.view;
  g.c = out.data();
  g.c_stride = p.c.row_stride;
  g.epilogue = o.epilogue(p);
  return g;
}

// Some rows alone, on another number of threads; and everything by the kernel itself.
void same_again(Case& c, const Problem& p, const Operands& o, const QuantizedRows& rows,
                const QuantizedColumns& columns, const Buffer<float>& out) {
  Problem some = p;
  const int64_t first = c.random.between(0, p.m - 1);
  some.m = c.random.between(1, p.m - first);
  Buffer<float> again(c.random, row_major(some.m, p.n, p.c.row_stride).span);
  sa::Int8Matmul g = call(some, o, columns, again);
  g.x += first * p.a.row_stride;
  if (p.with_residual) g.epilogue.residual += first * p.residual.row_stride;
  any_threads(c);
  c.that("run_int8_matmul has its memory", sa::run_int8_matmul(c.kernels, g));
  c.untouched("written beside rows of C", again, written(some, again.size()));
  Buffer<float> block_out(c.random, p.c.span);
  sa::Int8Block block;
  block.m = p.m;
  block.n = p.n;
  block.k = p.k;
  block.a = rows.view;
  block.b = columns.view;
  block.c = block_out.data();
  block.c_stride = p.c.row_stride;
  block.epilogue = o.epilogue(p);
  c.kernels.int8_block(block);
  c.untouched("written beside C of a block", block_out, written(p, block_out.size()));
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      const int64_t at = p.c.at(i, j);
      c.that("NaN in a block", std::isnan(block_out[at]) == std::isnan(out[at]));
      if (std::isnan(out[at])) continue;
      c.same_bits("C of a block", at, block_out[at], out[at]);
      if (i < first || i >= first + some.m) continue;
      c.same_bits("rows of C alone", at, again[p.c.at(i - first, j)], out[at]);
    }
  }
}

void run(Case& c, const Problem& p, const Operands& o) {
  const int threads = any_threads(c);
  c.describe(
      "m %d, n %d, k %d, a stride %d, b strides [%d, %d], c stride %d, activation %d%s%s, %d threads",
      static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k), static_cast<int>(p.a.row_stride),
      static_cast<int>(p.b.row_stride), static_cast<int>(p.b.col_stride), static_cast<int>(p.c.row_stride),
      static_cast<int>(p.activation), p.bias ? ", bias" : "", p.with_residual ? ", residual" : "", threads);
  const Codes codes = codes_of(c);
  QuantizedRows rows(c, codes, o.a, 0, p.m);
  QuantizedColumns columns(c, codes, o.b);
  Buffer<float> out(c.random, p.c.span);
  c.that("run_int8_matmul has its memory", sa::run_int8_matmul(c.kernels, call(p, o, columns, out)));
  c.untouched("written beside C", out, written(p, out.size()));
  compare(c, p, o, rows, columns, out);
  if (p.m > 0 && p.n > 0) same_again(c, p, o, rows, columns, out);
}

}  // namespace

void check_int8_matmul(Case& c) {
  Problem p;
  choose(c, &p);
  run(c, p, Operands(c, p));
}

// Some rows of a matrix, then one of them alone: the same bits.
void check_int8_quantize(Case& c) {
  Random& r = c.random;
  const int64_t m = r.between(1, 12), k = r.size(0, 150, 3000);
  const Lines a(c, false, m, k, row_major(m, k, k + r.between(0, 9)));
  const int64_t begin = r.between(0, m - 1), end = r.between(begin + 1, m), i = r.between(begin, end - 1);
  c.describe("m %d, k %d, stride %d, rows [%d, %d)", static_cast<int>(m), static_cast<int>(k),
             static_cast<int>(a.layout.row_stride), static_cast<int>(begin), static_cast<int>(end));
  QuantizedRows some(c, codes_of(c), a, begin, end);
  const int64_t stride = sa::int8_row_stride(k);
  Buffer<uint8_t> q(r, stride);
  Buffer<float> scale(r, 1);
  Buffer<int32_t> zero(r, 1);
  c.kernels.int8_quantize_rows(
      {k, a.data.data() + a.at(i, 0), 0, q.data(), stride, scale.data(), zero.data()}, 0, 1);
  for (int64_t p = 0; p < stride; ++p) c.equal("q of a row alone", p, q[p], some.data[i * stride + p]);
  if (!std::isnan(scale[0])) c.same_bits("scale of a row alone", i, scale[0], some.scales[i]);
  c.equal("zero of a row alone", i, zero[0], some.zeros[i]);
}

// Empty and smallest sizes; columns and rows shared by threads; the longest sums, with every product as large
// as can be and with more rows than are quantised at a time; spans at the borders of float32.
void check_int8_edges(Case& c) {
  for (int64_t form = 0; form < 3 * 3 * 6 * 4; ++form) {
    Problem p;
    choose(c, &p);
    p.m = form % 3;
    p.n = form / 3 % 3;
    p.k = form / 9 % 6;
    p.activation = static_cast<sa::Activation>(form / 54);
    choose_layouts(c, &p);
    run(c, p, Operands(c, p));
  }
  for (int64_t form = 0; form < 6; ++form) {
    Problem p;
    p.m = form % 2 == 0 ? 3 : 45;
    p.n = form % 2 == 0 ? 500 : 60;
    p.k = 700;
    p.bias = p.with_residual = true;
    choose_layouts(c, &p);
    run(c, p, Operands(c, p));
  }
  for (const Line kind : {Line::kExtreme, Line::kConstant, Line::kUsual}) {
    Problem p;
    p.m = kind == Line::kExtreme ? 66 : 2;
    p.n = 2;
    p.k = sa::kInt8LargestK;
    choose_layouts(c, &p);
    Operands o(c, p);
    for (int64_t i = 0; i < p.m; ++i) o.a.fill(c, i, kind);
    for (int64_t j = 0; j < p.n; ++j) o.b.fill(c, j, kind);
    for (int64_t q = 0; kind == Line::kConstant && q < p.k; ++q) {
      o.a.data[o.a.at(0, q)] = o.b.data[o.b.at(0, q)] = 1.0f;
      o.a.data[o.a.at(1, q)] = o.b.data[o.b.at(1, q)] = -1.0f;
    }
    run(c, p, o);
  }
  for (const float largest : {FLT_MAX, 3.2e38f, 3.0e38f, 2.9e38f, 1e-29f, 1e-30f, 1e-31f, FLT_MIN, 1e-45f}) {
    Problem p;
    p.m = p.n = 2;
    p.k = 9;
    choose_layouts(c, &p);
    Operands o(c, p);
    for (int64_t q = 0; q < p.k; ++q) {
      for (int64_t i = 0; i < 2; ++i) {
        o.a.data[o.a.at(i, q)] = (i == 0 ? largest : -largest) * (q == 4 ? 1.0f : c.random.uniform(0, 1));
        o.b.data[o.b.at(i, q)] = c.random.uniform(-0.1f, 0.1f);
      }
    }
    run(c, p, o);
    if (largest > 1) continue;
    // Tiny columns.
    for (int64_t q = 0; q < p.k; ++q) {
      for (int64_t i = 0; i < 2; ++i) {
        o.b.data[o.b.at(i, q)] = o.a.data[o.a.at(i, q)];
        o.a.data[o.a.at(i, q)] = c.random.uniform(-1.0f, 1.0f);
      }
    }
    run(c, p, o);
  }
}

}  // namespace sa_test
