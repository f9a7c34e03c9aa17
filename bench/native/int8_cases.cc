// Linear layers with quantised weights; the quantisation of the activations is part of what is timed.
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

// The error of a row of C may be 1 % of its norm.
constexpr double kRelative = 0.01;

Case linear_layer(const sa::KernelSet& kernels, const Shape& s) {
  const auto a = operand(s.m * s.k, 1), b = operand(s.k * s.n, 2), c = operand(s.m * s.n, 4);
  const int64_t bytes = static_cast<int64_t>(kernels.int8_packed_size(s.k, s.n));
  const int64_t columns = (s.n + kernels.panel_width - 1) / kernels.panel_width * kernels.panel_width;
  const auto panels = operand(bytes / 4 + 1, 5), sums = operand(columns, 6), scales = operand(columns, 7);
  sa::Int8Matmul p;
  p.m = s.m;
  p.n = s.n;
  p.k = s.k;
  p.x = a->data();
  p.x_stride = s.k;
  p.b = {reinterpret_cast<int8_t*>(panels->data()), reinterpret_cast<int32_t*>(sums->data()), scales->data()};
  p.c = c->data();
  p.c_stride = s.n;
  sa::run_int8_pack(kernels, {b->data(), s.n, 1}, s.k, s.n, p.b);
  Case made;
  made.operands = {a, b, c, panels, sums, scales};
  // As many operations as the float32 product has: the rates stand side by side.
  made.unit = "GOP/s";
  made.work = 2.0 * static_cast<double>(s.m) * static_cast<double>(s.n) * static_cast<double>(s.k);
  made.run = [=, &kernels] { sa::run_int8_matmul(kernels, p); };
  made.check = [=] {
    double worst = 0;
    for (int64_t i : sample_rows(s.m)) {
      double error = 0, norm = 0;
      for (int64_t j = 0; j < s.n; ++j) {
        double exact = 0;
        for (int64_t q = 0; q < s.k; ++q) {
          exact += static_cast<double>(a->data()[i * s.k + q]) * b->data()[q * s.n + j];
        }
        const double difference = c->data()[i * s.n + j] - exact;
        error += difference * difference;
        norm += exact * exact;
      }
      worst = worse(worst, std::sqrt(error / norm) / kRelative);
    }
    return worst;
  };
  return made;
}

}  // namespace

void add_int8(Makers& makers) {
  for (const Shape s : {Shape{512, 384, 1536}, {512, 1536, 384}, {512, 1152, 384}, {32, 384, 384}}) {
    makers.push_back({"int8", std::to_string(s.m) + "x" + std::to_string(s.n) + "x" + std::to_string(s.k),
                      [s](const sa::KernelSet& kernels) { return linear_layer(kernels, s); }});
  }
}

}  // namespace bench
