// matmul as a threaded operation: layouts, batches, packed weights, epilogues; and its promise that a row of
// C depends on its row of A alone.
#include <algorithm>
#include <memory>
#include <vector>

#include "conformance/matrices.h"
#include "conformance/operations.h"
#include "conformance/reference.h"
#include "schedule/run.h"

namespace sa_test {

namespace {

struct Problem {
  int64_t batch = 1, m = 0, n = 0, k = 0;
  Layout a, b, c, residual;
  ptrdiff_t a_batch = 0, b_batch = 0, c_batch = 0, bias_batch = 0, residual_batch = 0;
  bool packed = false, bias = false, with_residual = false;
  sa::Activation activation = sa::Activation::kNone;
};

// Sizes that pass every border of the algorithm once in a while: blocks of rows and of depth, panels that are
// packed because of their stride, stripes of B, a share for each thread.
void choose_sizes(Case& c, Problem* p) {
  Random& r = c.random;
  const int64_t panel = c.kernels.panel_width;
  p->batch = r.chance(75) ? 1 : r.between(1, 4);
  p->m = r.size(0, 20, 60);
  p->n = r.size(0, 2 * panel + 3, 200);
  p->k = r.size(0, 40, 120);
  const int64_t special = r.between(0, 399);
  if (special < 6) {
    p->k = sa::kMatmulDepthBlock + r.between(-1, 2) * r.between(0, 380);
  } else if (special < 10) {
    p->m = 84 * r.between(1, 4) + r.between(-3, 15);
  } else if (special < 14) {
    p->n = r.between(100, 700);
  } else if (special < 20) {
    p->n = 8 * panel + r.between(0, 40);
    p->k = r.between(1, 300);
  } else if (special < 21) {
    p->batch = 1;
    p->m = r.between(1, 3);
    p->n = r.between(1500, 1700);
    p->k = r.between(1400, 1500);
  }
}

void choose_layouts(Case& c, Problem* p) {
  Random& r = c.random;
  p->a = any_layout(r, p->m, p->k);
  // Rows a multiple of 1 KiB apart are packed first.
  if (r.chance(15)) p->a = row_major(p->m, p->k, (p->k + 255) / 256 * 256);
  p->b = any_layout(r, p->k, p->n);
  p->c = row_major(p->m, p->n, p->n + (r.chance(50) ? 0 : r.between(1, 9)));
  p->residual = row_major(p->m, p->n, p->n + (r.chance(50) ? 0 : r.between(1, 9)));
  const int64_t gap = r.chance(50) ? 0 : r.between(1, 7);
  p->a_batch = r.chance(20) ? 0 : p->a.span + gap;
  p->b_batch = r.chance(50) ? 0 : p->b.span + gap;
  p->c_batch = p->m * p->c.row_stride + gap;
  p->residual_batch = r.chance(20) ? 0 : p->residual.span + gap;
  p->packed = r.chance(50);
  p->bias = r.chance(50);
  p->bias_batch = r.chance(70) ? 0 : p->n + gap;
  p->with_residual = r.chance(40);
  p->activation = static_cast<sa::Activation>(r.between(0, 4));
}

// Matrices in memory of an operand whose batch stride is this: one when all batches share it.
int64_t distinct(const Problem& p, ptrdiff_t batch_stride) {
  return batch_stride == 0 ? std::min<int64_t>(p.batch, 1) : p.batch;
}

struct Operands {
  Operands(Case& c, const Problem& p)
      : a(c.random, stacked(p.a, p.batch, p.a_batch)),
        b(c.random, stacked(p.b, p.batch, p.b_batch)),
        bias(c.random, p.bias ? (distinct(p, p.bias_batch) - 1) * p.bias_batch + p.n : 0),
        residual(c.random, p.with_residual ? stacked(p.residual, p.batch, p.residual_batch) : 0),
        panel_batch(static_cast<int64_t>(c.kernels.packed_size(p.k, p.n))),
        panels(c.random, p.packed ? distinct(p, p.b_batch) * panel_batch : 0) {
    fill_layout(c, a, p.a, p.m, p.k, distinct(p, p.a_batch), p.a_batch);
    fill_layout(c, b, p.b, p.k, p.n, distinct(p, p.b_batch), p.b_batch);
    fill(c, bias, any_numbers(c.random));
    if (p.with_residual) {
      fill_layout(c, residual, p.residual, p.m, p.n, distinct(p, p.residual_batch), p.residual_batch);
    }
    if (p.packed) {
      for (int64_t i = 0; i < distinct(p, p.b_batch); ++i) {
        sa::run_pack(c.kernels, p.b.view(b.data() + i * p.b_batch), p.k, p.n,
                     panels.data() + i * panel_batch);
      }
      c.untouched("packed panels", panels);
    }
  }
  Buffer<float> a, b, bias, residual;
  int64_t panel_batch;
  Buffer<float> panels;
};

sa::Matmul call(const Problem& p, Operands& o, Buffer<float>& out) {
  sa::Matmul g;
  g.batch = p.batch;
  g.m = p.m;
  g.n = p.n;
  g.k = p.k;
  g.a = p.a.view(o.a.data());
  g.a_batch = p.a_batch;
  g.b = p.b.view(o.b.data());
  g.b_batch = p.b_batch;
  if (p.packed) {
    g.packed_b = o.panels.data();
    g.packed_batch = p.b_batch == 0 ? 0 : o.panel_batch;
  }
  g.c = out.data();
  g.c_stride = p.c.row_stride;
  g.c_batch = p.c_batch;
  if (p.bias) {
    g.epilogue.bias = o.bias.data();
    g.bias_batch = p.bias_batch;
  }
  if (p.with_residual) {
    g.epilogue.residual = o.residual.data();
    g.epilogue.residual_stride = p.residual.row_stride;
    g.residual_batch = p.residual_batch;
  }
  g.epilogue.activation = p.activation;
  return g;
}

void compare(Case& c, const Problem& p, const Operands& o, Buffer<float>& out) {
  std::vector<char> written(static_cast<size_t>(out.size()), 0);
  for (int64_t batch = 0; batch < p.batch; ++batch) {
    const float* a = o.a.data() + batch * p.a_batch;
    const float* b = o.b.data() + batch * p.b_batch;
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.n; ++j) {
        Sum sum;
        if (p.bias) sum.add(o.bias[batch * p.bias_batch + j]);
        for (int64_t q = 0; q < p.k; ++q) sum.add(static_cast<double>(a[p.a.at(i, q)]) * b[p.b.at(q, j)]);
        double bound = static_cast<double>(p.k + 2) * kU * sum.magnitude;
        bound = activation_bound(p.activation, sum.value, bound);
        double value = activate(p.activation, sum.value);
        if (p.with_residual) {
          const double residual = o.residual[batch * p.residual_batch + p.residual.at(i, j)];
          value += residual;
          bound += kU * (std::fabs(value) + std::fabs(residual));
        }
        const int64_t at = batch * p.c_batch + p.c.at(i, j);
        c.within("C", at, out[at], value, bound + kU * std::fabs(value) + kTiny);
        written[static_cast<size_t>(at)] = 1;
      }
    }
  }
  c.untouched("written beside C", out, written);
}

// The rows [first, first + rows) of one product alone, B packed where it was not and the other way round.
void rows_alone(Case& c, const Problem& whole, Operands& o, const Buffer<float>& out) {
  const int64_t batch = c.random.between(0, whole.batch - 1), first = c.random.between(0, whole.m - 1);
  Problem p = whole;
  p.batch = 1;
  p.m = c.random.between(1, whole.m - first);
  Buffer<float> again(c.random, (p.m - 1) * p.c.row_stride + p.n);
  sa::Matmul g = call(whole, o, again);
  g.batch = 1;
  g.m = p.m;
  g.a.data += batch * p.a_batch + first * p.a.row_stride;
  g.b.data += batch * p.b_batch;
  if (p.bias) g.epilogue.bias += batch * p.bias_batch;
  if (p.with_residual) g.epilogue.residual += batch * p.residual_batch + first * p.residual.row_stride;
  std::unique_ptr<Buffer<float>> panels;
  g.packed_b = nullptr;
  if (!whole.packed) {
    panels.reset(new Buffer<float>(c.random, static_cast<int64_t>(c.kernels.packed_size(p.k, p.n))));
    c.kernels.pack_panels(g.b, p.k, p.n, panels->data());
    g.packed_b = panels->data();
  }
  any_threads(c);
  c.that("run_matmul has its memory", sa::run_matmul(c.kernels, g));
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      c.same_bits("rows of C alone", p.c.at(first + i, j), again[p.c.at(i, j)],
                  out[batch * p.c_batch + p.c.at(first + i, j)]);
    }
  }
}

void run(Case& c, const Problem& p) {
  Operands o(c, p);
  const int64_t size =
      p.batch == 0 || p.m == 0 || p.n == 0 ? 0 : (p.batch - 1) * p.c_batch + p.c.at(p.m - 1, p.n - 1) + 1;
  Buffer<float> out(c.random, size);
  const int threads = any_threads(c);
  c.describe(
      "batch %d, m %d, n %d, k %d, a strides [%d, %d, %d], b strides [%d, %d, %d]%s, c stride %d, "
      "activation %d%s%s, %d threads",
      static_cast<int>(p.batch), static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k),
      static_cast<int>(p.a_batch), static_cast<int>(p.a.row_stride), static_cast<int>(p.a.col_stride),
      static_cast<int>(p.b_batch), static_cast<int>(p.b.row_stride), static_cast<int>(p.b.col_stride),
      p.packed ? " packed" : "", static_cast<int>(p.c.row_stride), static_cast<int>(p.activation),
      p.bias ? ", bias" : "", p.with_residual ? ", residual" : "", threads);
  c.that("run_matmul has its memory", sa::run_matmul(c.kernels, call(p, o, out)));
  compare(c, p, o, out);
  if (p.batch > 0 && p.m > 0 && p.n > 0 && c.random.chance(30)) rows_alone(c, p, o, out);
}

}  // namespace

void check_matmul(Case& c) {
  Problem p;
  choose_sizes(c, &p);
  choose_layouts(c, &p);
  run(c, p);
}

// Every combination of empty and smallest sizes, with every activation, with and without a bias.
void check_matmul_edges(Case& c) {
  for (int64_t form = 0; form < 3 * 3 * 3 * 4; ++form) {
    Problem p;
    choose_layouts(c, &p);
    p.m = form % 3;
    p.n = form / 3 % 3;
    p.k = form / 9 % 3;
    p.activation = static_cast<sa::Activation>(form / 27);
    p.a = any_layout(c.random, p.m, p.k);
    p.b = any_layout(c.random, p.k, p.n);
    p.c = row_major(p.m, p.n, p.n + 1);
    p.residual = row_major(p.m, p.n, p.n);
    p.a_batch = p.a.span;
    p.b_batch = 0;
    p.c_batch = p.m * p.c.row_stride;
    p.residual_batch = p.residual.span;
    p.packed = c.random.chance(50);
    p.batch = form % 2 + 1;
    run(c, p);
  }
  Problem none;
  choose_layouts(c, &none);
  none.batch = 0;
  none.m = none.n = none.k = 3;
  none.packed = false;
  none.a = none.b = none.c = none.residual = row_major(3, 3, 3);
  run(c, none);
}

}  // namespace sa_test
