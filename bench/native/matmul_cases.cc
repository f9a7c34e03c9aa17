// Linear layers as inference runs them: weights packed beforehand, the bias (and GELU) fused.
#include <algorithm>
#include <cmath>
#include <memory>

#include "bench.h"
#include "schedule/run.h"

namespace bench {

namespace {

struct Shape {
  int64_t m, n, k;
};

// `packed`: as inference runs a layer. Otherwise B comes as it lies, and its packing is part of what is
// timed.
Case linear_layer(const sa::KernelSet& kernels, const Shape& s, sa::Activation activation,
                  bool packed = true) {
  const auto a = operand(s.m * s.k, 1), b = operand(s.k * s.n, 2), bias = operand(s.n, 3);
  const auto c = operand(s.m * s.n, 4);
  const auto panels = operand(static_cast<int64_t>(kernels.packed_size(s.k, s.n)), 5);
  kernels.pack_panels({b->data(), s.n, 1}, s.k, s.n, panels->data());
  sa::Matmul p;
  p.m = s.m;
  p.n = s.n;
  p.k = s.k;
  p.a = {a->data(), s.k, 1};
  if (packed) {
    p.packed_b = panels->data();
  } else {
    p.b = {b->data(), s.n, 1};
  }
  p.c = c->data();
  p.c_stride = s.n;
  p.epilogue.bias = bias->data();
  p.epilogue.activation = activation;
  Case made;
  made.operands = {a, b, bias, c, panels};
  made.unit = "GFLOP/s";
  made.work = 2.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  made.run = [=, &kernels] { sa::run_matmul(kernels, p); };
  made.check = [=] {
    double worst = 0;
    for (int64_t i : sample_rows(s.m)) {
      for (int64_t j = 0; j < s.n; ++j) {
        double x = bias->data()[j], size = std::fabs(x);
        for (int64_t q = 0; q < s.k; ++q) {
          const double product = static_cast<double>(a->data()[i * s.k + q]) * b->data()[q * s.n + j];
          x += product;
          size += std::fabs(product);
        }
        double bound = static_cast<double>(s.k + 2) * kUnit * size;
        if (activation == sa::Activation::kGelu) {
          bound = 1.13 * bound + 1e-6 * std::max(1.0, std::fabs(x));
          x = x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
        }
        worst = worse(worst, std::fabs(c->data()[i * s.n + j] - x) / bound);
      }
    }
    return worst;
  };
  return made;
}

std::string text(const Shape& s) {
  return std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k);
}

}  // namespace

void add_matmul(Makers& makers) {
  for (const Shape s : {Shape{1024, 1024, 1024},
                        {2048, 768, 3072},
                        {2048, 3072, 768},
                        {512, 384, 1536},
                        {512, 1536, 384},
                        {512, 384, 384},
                        {32, 384, 384},
                        {18, 1152, 384},
                        {1, 1024, 1024}}) {
    makers.push_back({"matmul", text(s), [s](const sa::KernelSet& kernels) {
                        return linear_layer(kernels, s, sa::Activation::kNone);
                      }});
    makers.push_back({"matmul", text(s) + " gelu", [s](const sa::KernelSet& kernels) {
                        return linear_layer(kernels, s, sa::Activation::kGelu);
                      }});
  }
  for (const Shape s : {Shape{1024, 1024, 1024}, {512, 384, 1536}, {64, 384, 384}, {32, 384, 384}}) {
    makers.push_back({"matmul", text(s) + " plain B", [s](const sa::KernelSet& kernels) {
                        return linear_layer(kernels, s, sa::Activation::kNone, false);
                      }});
  }
  for (int64_t n : {16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536}) {
    makers.push_back({"matmul-size", std::to_string(n), [n](const sa::KernelSet& kernels) {
                        return linear_layer(kernels, {n, n, n}, sa::Activation::kNone);
                      }});
  }
}

}  // namespace bench
