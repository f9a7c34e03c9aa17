// Axes in every order, element for element.
#include <cstring>
#include <utility>
#include <vector>

#include "conformance/operations.h"
#include "schedule/run.h"

namespace sa_test {

void check_transpose(Case& c) {
  Random& r = c.random;
  sa::AxisOrder p;
  p.axes = static_cast<int>(r.between(0, sa::kTransposeAxes));
  int64_t size = 1;
  for (int d = 0; d < p.axes; ++d) {
    const int64_t most = size > 2000 ? 2 : size > 200 ? 20 : r.chance(20) ? 150 : 7;
    p.shape[d] = r.chance(2) ? 0 : r.chance(15) ? 1 : r.between(1, most);
    p.permutation[d] = d;
    size *= p.shape[d];
  }
  for (int d = p.axes - 1; d > 0; --d) std::swap(p.permutation[d], p.permutation[r.between(0, d)]);
  Buffer<float> x(r, size), out(r, size);
  // Any bits: what is moved may be integers.
  for (int64_t i = 0; i < size; ++i) {
    const uint32_t bits = static_cast<uint32_t>(r.next());
    std::memcpy(&x[i], &bits, sizeof bits);
  }
  p.x = x.data();
  p.out = out.data();
  c.describe("%d axes, shape %d %d %d %d %d %d, order %d %d %d %d %d %d", p.axes,
             static_cast<int>(p.shape[0]), static_cast<int>(p.shape[1]), static_cast<int>(p.shape[2]),
             static_cast<int>(p.shape[3]), static_cast<int>(p.shape[4]), static_cast<int>(p.shape[5]),
             p.permutation[0], p.permutation[1], p.permutation[2], p.permutation[3], p.permutation[4],
             p.permutation[5]);
  any_threads(c);
  sa::run_transpose(c.kernels, p);
  int64_t strides[sa::kTransposeAxes], next = 1;
  for (int d = p.axes - 1; d >= 0; --d) {
    strides[d] = next;
    next *= p.shape[d];
  }
  int64_t wrong = -1;
  for (int64_t i = 0; i < size && wrong < 0; ++i) {
    int64_t rest = i, from = 0;
    for (int d = p.axes - 1; d >= 0; --d) {
      from += rest % p.shape[p.permutation[d]] * strides[p.permutation[d]];
      rest /= p.shape[p.permutation[d]];
    }
    if (std::memcmp(&out[i], &x[from], sizeof(float)) != 0) wrong = i;
  }
  c.equal("the first element out of place", wrong, static_cast<double>(wrong), -1);
  c.untouched("written beside out", out);
}

}  // namespace sa_test
