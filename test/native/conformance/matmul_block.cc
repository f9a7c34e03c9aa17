// The matmul kernel itself and its packing: panels packed or read in place, C as the start of the sums.
#include <vector>

#include "conformance/matrices.h"
#include "conformance/operations.h"
#include "conformance/reference.h"

namespace sa_test {

// Panel p of a packed [k, n] view holds columns [p w, p w + w) row by row, zeros behind the last column.
void check_pack(Case& c) {
  Random& r = c.random;
  const int64_t width = c.kernels.panel_width;
  const int64_t k = r.size(0, 40, 900), n = r.size(0, 3 * width + 3, 8 * width + 8);
  const Layout layout = any_layout(r, k, n);
  Buffer<float> b(r, layout.span);
  fill_layout(c, b, layout, k, n, 1, 0);
  const int64_t panels = (n + width - 1) / width;
  c.describe("k %d, n %d, strides [%d, %d]", static_cast<int>(k), static_cast<int>(n),
             static_cast<int>(layout.row_stride), static_cast<int>(layout.col_stride));
  c.equal("packed_size", 0, static_cast<double>(c.kernels.packed_size(k, n)),
          static_cast<double>(panels * width * k));
  Buffer<float> packed(r, panels * width * k);
  c.kernels.pack_panels(layout.view(b.data()), k, n, packed.data());
  for (int64_t i = 0; i < packed.size(); ++i) {
    const int64_t row = i / width % k, column = i / (width * k) * width + i % width;
    c.equal("packed", i, packed[i], column < n ? b[layout.at(row, column)] : 0.0f);
  }
  c.untouched("written beside the panels", packed);
}

void check_matmul_block(Case& c) {
  Random& r = c.random;
  const int64_t width = c.kernels.panel_width;
  const bool in_place = r.chance(40), accumulate = r.chance(40);
  sa::MatmulBlock g;
  g.m = r.size(0, 2 * c.kernels.row_multiple + 1, 220);
  g.n = in_place ? width * r.between(0, 3) : r.size(0, 2 * width + 3, 10 * width);
  g.k = r.size(0, 40, 900);

  Layout a_layout = any_layout(r, g.m, g.k);
  if (r.chance(15)) a_layout = row_major(g.m, g.k, (g.k + 255) / 256 * 256);
  Buffer<float> a(r, a_layout.span);
  fill_layout(c, a, a_layout, g.m, g.k, 1, 0);
  g.a = a_layout.view(a.data());

  const Layout b_layout = in_place ? row_major(g.k, g.n, g.n + r.between(0, 9)) : any_layout(r, g.k, g.n);
  Buffer<float> b(r, b_layout.span), panels(r, static_cast<int64_t>(c.kernels.packed_size(g.k, g.n)));
  fill_layout(c, b, b_layout, g.k, g.n, 1, 0);
  c.kernels.pack_panels(b_layout.view(b.data()), g.k, g.n, panels.data());
  g.b = {panels.data(), width, g.k * width};
  if (in_place) g.b = {b.data(), b_layout.row_stride, width};

  const Layout c_layout = row_major(g.m, g.n, g.n + r.between(0, 9));
  Buffer<float> out(r, c_layout.span), bias(r, g.n), residual(r, c_layout.span), scale(r, g.m);
  std::vector<double> before(static_cast<size_t>(c_layout.span), 0);
  fill(c, bias, any_numbers(r));
  fill(c, scale, any_numbers(r));
  fill_layout(c, residual, c_layout, g.m, g.n, 1, 0);
  if (accumulate) {
    fill_layout(c, out, c_layout, g.m, g.n, 1, 0);
    for (int64_t i = 0; i < out.size(); ++i) before[static_cast<size_t>(i)] = out[i];
  }
  g.c = out.data();
  g.c_stride = c_layout.row_stride;
  g.accumulate = accumulate;
  const bool with_bias = !accumulate && r.chance(50), with_residual = r.chance(40), scaled = r.chance(40);
  if (with_bias) g.epilogue.bias = bias.data();
  if (scaled) g.epilogue.row_scale = scale.data();
  if (with_residual) {
    g.epilogue.residual = residual.data();
    g.epilogue.residual_stride = c_layout.row_stride;
  }
  g.epilogue.activation = static_cast<sa::Activation>(r.between(0, 4));
  c.describe("m %d, n %d, k %d, a strides [%d, %d], b %s, c stride %d, activation %d%s%s%s%s",
             static_cast<int>(g.m), static_cast<int>(g.n), static_cast<int>(g.k),
             static_cast<int>(a_layout.row_stride), static_cast<int>(a_layout.col_stride),
             in_place ? "in place" : "packed", static_cast<int>(g.c_stride),
             static_cast<int>(g.epilogue.activation), accumulate ? ", accumulate" : "",
             with_bias ? ", bias" : "", with_residual ? ", residual" : "", scaled ? ", rows scaled" : "");
  Scratch scratch(sa::kMatmulScratch);
  c.kernels.matmul_block(g, scratch.data());

  std::vector<char> written(static_cast<size_t>(out.size()), 0);
  for (int64_t i = 0; i < g.m; ++i) {
    for (int64_t j = 0; j < g.n; ++j) {
      const int64_t at = c_layout.at(i, j);
      Sum sum;
      sum.add(before[static_cast<size_t>(at)]);
      if (with_bias) sum.add(bias[j]);
      for (int64_t q = 0; q < g.k; ++q) {
        sum.add(static_cast<double>(a[a_layout.at(i, q)]) * b[b_layout.at(q, j)]);
      }
      double bound = static_cast<double>(g.k + 2) * kU * sum.magnitude;
      double value = sum.value;
      if (scaled) {
        value *= scale[i];
        bound = bound * std::fabs(scale[i]) + kU * std::fabs(value);
      }
      bound = activation_bound(g.epilogue.activation, value, bound);
      value = activate(g.epilogue.activation, value);
      if (with_residual) {
        value += residual[at];
        bound += kU * (std::fabs(value) + std::fabs(residual[at]));
      }
      c.within("C", at, out[at], value, bound + kU * std::fabs(value) + kTiny);
      written[static_cast<size_t>(at)] = 1;
    }
  }
  c.untouched("written beside C", out, written);
}

}  // namespace sa_test
