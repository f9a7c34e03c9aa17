// gelu'(x) = Phi(x) + x phi(x). Beyond +-20 it is 1 or 0, and the product would turn infinity into NaN.
SA_INLINE Vec vgelu_erf_slope(Vec x) {
  const Vec t = vmin(vset(20.0f), vmax(vset(-20.0f), x)), half = vset(0.5f);
  const Vec phi = vmul(vexp(vmul(vmul(t, t), vset(-0.5f))), vset(0.3989422804014327f));
  return vfma(t, phi, vfma(verf(vmul(t, vset(0.7071067811865476f))), half, half));
}

// Of x sigmoid(2u): s + x s (1 - s) 2u', u = sqrt(2/pi) (x + 0.044715 x^3).
SA_INLINE Vec vgelu_tanh_slope(Vec x) {
  const Vec t = vmin(vset(20.0f), vmax(vset(-20.0f), x)), one = vset(1.0f);
  const Vec square = vmul(t, t), factor = vset(1.5957691216057308f);
  const Vec s = vsigmoid(vmul(vmul(t, factor), vfma(square, vset(0.044715f), one)));
  const Vec slope = vmul(factor, vfma(square, vset(0.134145f), one));
  return vfma(vmul(vmul(t, s), vsub(one, s)), slope, s);
}

template <BinaryOp kOp>
SA_INLINE Vec binary_of(Vec a, Vec b) {
  const Vec zero = vzero(), one = vset(1.0f);
  switch (kOp) {
    case BinaryOp::kAdd:
      return vadd(a, b);
    case BinaryOp::kSub:
      return vsub(a, b);
    case BinaryOp::kMul:
      return vmul(a, b);
    case BinaryOp::kDiv:
      return vdiv(a, b);
    case BinaryOp::kMaximum:
      return vmaximum(a, b);
    case BinaryOp::kMinimum:
      return vminimum(a, b);
    case BinaryOp::kSquaredDifference: {
      const Vec d = vsub(a, b);
      return vmul(d, d);
    }
    case BinaryOp::kPrelu:
      return vselect_less(a, zero, vmul(a, b), a);
    case BinaryOp::kStepMul:
      return vselect_number(a, vselect_number(b, vselect_less(zero, a, b, zero), b), a);
    case BinaryOp::kTanhGrad:
      return vmul(b, vfnma(a, a, one));
    case BinaryOp::kSigmoidGrad:
      return vmul(b, vmul(a, vsub(one, a)));
    case BinaryOp::kEluGrad:
      return vselect_nonnegative(a, b, vmul(b, vadd(a, one)));
    case BinaryOp::kGeluGrad:
      return vmul(b, vgelu_erf_slope(a));
    case BinaryOp::kGeluTanhGrad:
      return vmul(b, vgelu_tanh_slope(a));
  }
  return a;
}

// Which operands give a new element at each step; the other one stands still.
enum class Moving { kBoth, kA, kB };

template <BinaryOp kOp, Moving kMoving>
static void binary_run(const float* a, const float* b, float* out, int64_t n) {
  const Vec one_a = vset(*a), one_b = vset(*b);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec x = kMoving == Moving::kB ? one_a : vload(a + i);
    const Vec y = kMoving == Moving::kA ? one_b : vload(b + i);
    vstore(out + i, binary_of<kOp>(x, y));
  }
  if (i < n) {
    const int left = static_cast<int>(n - i);
    const Vec x = kMoving == Moving::kB ? one_a : vload_first(a + i, left);
    const Vec y = kMoving == Moving::kA ? one_b : vload_first(b + i, left);
    vstore_first(out + i, binary_of<kOp>(x, y), left);
  }
}

using BinaryRun = void (*)(const float*, const float*, float*, int64_t);

template <Moving kMoving, int... kOps>
static BinaryRun binary_run_at(BinaryOp op, std::integer_sequence<int, kOps...>) {
  static constexpr BinaryRun kTable[] = {binary_run<static_cast<BinaryOp>(kOps), kMoving>...};
  return kTable[static_cast<int>(op)];
}

static BinaryRun binary_run_for(BinaryOp op, Moving moving) {
  using Ops = std::make_integer_sequence<int, kBinaryOps>;
  if (moving == Moving::kA) return binary_run_at<Moving::kA>(op, Ops());
  if (moving == Moving::kB) return binary_run_at<Moving::kB>(op, Ops());
  return binary_run_at<Moving::kBoth>(op, Ops());
}

// Elements gathered at a time where an operand's last axis is neither contiguous nor one element.
inline constexpr int64_t kGathered = 256;

SA_INLINE const float* gather_run(const float* from, ptrdiff_t stride, int64_t n, float* to) {
  if (stride == 1) return from;
  for (int64_t i = 0; i < n; ++i) to[i] = from[i * stride];
  return to;
}

// Elements [begin, end) of out, as it lies in memory.
static void binary_elements(const BinaryElements& p, int64_t begin, int64_t end) {
  if (begin == end) return;
  const int64_t inner = p.shape[3];
  const ptrdiff_t a_step = p.a_strides[3], b_step = p.b_strides[3];
  const Moving moving = a_step == 1 && b_step == 0   ? Moving::kA
                        : a_step == 0 && b_step == 1 ? Moving::kB
                                                     : Moving::kBoth;
  const BinaryRun run = binary_run_for(p.op, moving);
  const bool gathered = moving == Moving::kBoth && (a_step != 1 || b_step != 1);
  const int64_t row = begin / inner;
  int64_t j = begin % inner;
  int64_t i2 = row % p.shape[2], i1 = row / p.shape[2] % p.shape[1], i0 = row / p.shape[2] / p.shape[1];
  while (begin < end) {
    const float* a = p.a + i0 * p.a_strides[0] + i1 * p.a_strides[1] + i2 * p.a_strides[2] + j * a_step;
    const float* b = p.b + i0 * p.b_strides[0] + i1 * p.b_strides[1] + i2 * p.b_strides[2] + j * b_step;
    int64_t n = inner - j < end - begin ? inner - j : end - begin;
    if (gathered) {
      float left[kGathered], right[kGathered];
      if (n > kGathered) n = kGathered;
      run(gather_run(a, a_step, n, left), gather_run(b, b_step, n, right), p.out + begin, n);
    } else {
      run(a, b, p.out + begin, n);
    }
    begin += n;
    j += n;
    if (j < inner) continue;
    j = 0;
    if (++i2 < p.shape[2]) continue;
    i2 = 0;
    if (++i1 < p.shape[1]) continue;
    i1 = 0;
    ++i0;
  }
}
