// Operations row by row: softmax, layer normalisation, GELU.
#include <algorithm>
#include <cmath>
#include <memory>

#include "bench.h"
#include "schedule/run.h"

namespace bench {

namespace {

Case softmax(const sa::KernelSet& kernels, int64_t rows, int64_t columns) {
  const auto x = operand(rows * columns, 1), y = operand(rows * columns, 2);
  for (int64_t i = 0; i < rows * columns; ++i) x->data()[i] *= 10;
  sa::SoftmaxRows p;
  p.rows = rows;
  p.columns = columns;
  p.x = x->data();
  p.y = y->data();
  Case made;
  made.operands = {x, y};
  made.unit = "G elements/s";
  made.bounded = false;
  made.work = static_cast<double>(rows * columns);
  made.run = [=, &kernels] { sa::run_softmax(kernels, p); };
  made.check = [=] {
    double worst = 0;
    for (int64_t r : sample_rows(rows)) {
      const float* row = x->data() + r * columns;
      const double max = *std::max_element(row, row + columns);
      double sum = 0;
      for (int64_t j = 0; j < columns; ++j) sum += std::exp(row[j] - max);
      for (int64_t j = 0; j < columns; ++j) {
        const double exact = std::exp(row[j] - max) / sum;
        // 2 ULP (4 u) of exp, the rounded difference, a sum of `columns` terms, two more roundings.
        const double bound =
            exact * kUnit * (4 + std::fabs(row[j] - max) + static_cast<double>(columns) + 2) + 1.2e-38;
        worst = worse(worst, std::fabs(y->data()[r * columns + j] - exact) / bound);
      }
    }
    return worst;
  };
  return made;
}

Case layer_norm(const sa::KernelSet& kernels, int64_t rows, int64_t columns) {
  const auto x = operand(rows * columns, 1), y = operand(rows * columns, 2);
  const auto gamma = operand(columns, 3), beta = operand(columns, 4);
  Case made;
  made.operands = {x, y, gamma, beta};
  made.unit = "G elements/s";
  made.bounded = false;
  made.work = static_cast<double>(rows * columns);
  const sa::LayerNormRows p = {rows, columns, x->data(), y->data(), gamma->data(), beta->data(), 1e-5f};
  made.run = [=, &kernels] { sa::run_layer_norm(kernels, p); };
  made.check = [=] {
    double worst = 0;
    for (int64_t r : sample_rows(rows)) {
      const float* row = x->data() + r * columns;
      double mean = 0, variance = 0;
      for (int64_t j = 0; j < columns; ++j) mean += row[j];
      mean /= static_cast<double>(columns);
      for (int64_t j = 0; j < columns; ++j) variance += (row[j] - mean) * (row[j] - mean);
      const double spread = std::sqrt(variance / static_cast<double>(columns) + 1e-5);
      for (int64_t j = 0; j < columns; ++j) {
        const double g = gamma->data()[j], b = beta->data()[j];
        const double exact = (row[j] - mean) / spread * g + b;
        // Entries lie in [-1, 1]: the mean errs by `columns` u at most, far less in fact.
        const double bound =
            kUnit * (static_cast<double>(columns) * std::fabs(g) / spread + 4 * std::fabs(exact) + 4);
        worst = worse(worst, std::fabs(y->data()[r * columns + j] - exact) / bound);
      }
    }
    return worst;
  };
  return made;
}

Case gelu(const sa::KernelSet& kernels, int64_t size) {
  const auto x = operand(size, 1), y = operand(size, 2);
  for (int64_t i = 0; i < size; ++i) x->data()[i] *= 4;
  Case made;
  made.operands = {x, y};
  made.unit = "G elements/s";
  made.bounded = false;
  made.work = static_cast<double>(size);
  const sa::GeluElements p = {size, x->data(), y->data(), false};
  made.run = [=, &kernels] { sa::run_gelu(kernels, p); };
  made.check = [=] {
    double worst = 0;
    for (int64_t i = 0; i < size; i += 7) {
      const double v = x->data()[i], exact = v / 2 * (1 + std::erf(v / std::sqrt(2.0)));
      worst = worse(worst, std::fabs(y->data()[i] - exact) / (1e-6 * std::max(1.0, std::fabs(v))));
    }
    return worst;
  };
  return made;
}

}  // namespace

void add_rows(Makers& makers) {
  makers.push_back({"softmax", "4096x512", [](const sa::KernelSet& k) { return softmax(k, 4096, 512); }});
  makers.push_back({"softmax", "1536x128", [](const sa::KernelSet& k) { return softmax(k, 1536, 128); }});
  makers.push_back({"layer_norm", "512x384", [](const sa::KernelSet& k) { return layer_norm(k, 512, 384); }});
  makers.push_back({"gelu", "512x1536", [](const sa::KernelSet& k) { return gelu(k, 512 * 1536); }});
}

}  // namespace bench
