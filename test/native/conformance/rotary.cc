// Rotary positions: heads side by side in rows that may be longer.
#include <cmath>
#include <vector>

#include "conformance/operations.h"
#include "conformance/reference.h"
#include "schedule/run.h"

namespace sa_test {

void check_rotary(Case& c) {
  Random& r = c.random;
  const int64_t rows = r.size(0, 9, 120), positions = r.between(1, 20);
  sa::RotaryRows p;
  p.heads = r.between(0, 5);
  p.half = r.size(1, 20, 70);
  p.size = 2 * p.half + (r.chance(50) ? 0 : r.between(1, 9));
  p.stride = p.heads * p.size + (r.chance(50) ? 0 : r.between(1, 40));
  Buffer<float> x(r, rows * p.stride), table(r, positions * 2 * p.half);
  Buffer<int32_t> at_position(r, rows);
  for (int64_t i = 0; i < rows; ++i) at_position[i] = static_cast<int32_t>(r.between(0, positions - 1));
  for (int64_t i = 0; i < x.size(); ++i) x[i] = r.uniform(-3.0f, 3.0f);
  for (int64_t i = 0; i < table.size(); ++i) table[i] = r.uniform(-1.0f, 1.0f);
  std::vector<float> before(x.data(), x.data() + x.size());
  p.x = x.data();
  p.positions = at_position.data();
  p.table = table.data();
  const bool threaded = r.chance(50);
  c.describe("rows %d, heads %d, size %d, half %d, stride %d%s", static_cast<int>(rows),
             static_cast<int>(p.heads), static_cast<int>(p.size), static_cast<int>(p.half),
             static_cast<int>(p.stride), threaded ? ", threaded" : "");
  int64_t begin = 0, end = rows;
  if (threaded) {
    any_threads(c);
    sa::run_rotary(c.kernels, p, rows);
  } else {
    begin = r.between(0, rows);
    end = r.between(begin, rows);
    c.kernels.rotary_rows(p, begin, end);
  }
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < p.stride; ++j) {
      const int64_t at = i * p.stride + j, in_head = p.size > 0 ? j % p.size : 0;
      if (i < begin || i >= end || j >= p.heads * p.size || in_head >= 2 * p.half) {
        c.same_bits("what stays", at, x[at], before[static_cast<size_t>(at)]);
        continue;
      }
      const bool first = in_head < p.half;
      const int64_t q = first ? in_head : in_head - p.half;
      const double a = before[static_cast<size_t>(first ? at : at - p.half)];
      const double b = before[static_cast<size_t>(first ? at + p.half : at)];
      const double cosine = table[at_position[i] * 2 * p.half + q];
      const double sine = table[at_position[i] * 2 * p.half + p.half + q];
      const double value = first ? a * cosine - b * sine : b * cosine + a * sine;
      const double magnitude =
          std::fabs(first ? a * cosine : b * cosine) + std::fabs(first ? b * sine : a * sine);
      c.within("turned", at, x[at], value, 2.1 * kU * magnitude + kTiny);
    }
  }
  c.untouched("written beside x", x);
}

}  // namespace sa_test
