struct UnaryConstants {
  Vec alpha, beta;
};

template <UnaryOp kOp>
SA_INLINE Vec unary_of(Vec x, const UnaryConstants& c) {
  const Vec zero = vzero(), one = vset(1.0f);
  switch (kOp) {
    case UnaryOp::kNeg:
      return vmul(x, vset(-1.0f));
    case UnaryOp::kAbs:
      return vabs(x);
    case UnaryOp::kExp:
      return vexp(x);
    case UnaryOp::kLog:
      return vlog(x);
    case UnaryOp::kLog1p:
      return vlog1p(x);
    case UnaryOp::kSqrt:
      return vsqrt(x);
    case UnaryOp::kRsqrt:
      return vdiv(one, vsqrt(x));
    case UnaryOp::kSquare:
      return vmul(x, x);
    case UnaryOp::kReciprocal:
      return vdiv(one, x);
    case UnaryOp::kRelu:
      return vrelu(x);
    case UnaryOp::kRelu6:
      return vmin(vset(6.0f), vrelu(x));
    case UnaryOp::kLeakyRelu:
      return vselect_less(x, zero, vmul(x, c.alpha), x);
    case UnaryOp::kElu:
      return vselect_nonnegative(x, x, vexpm1_nonpositive(x));
    case UnaryOp::kSelu:
      return vselect_nonnegative(x, vmul(x, vset(1.0507009873554805f)),
                                 vmul(vexpm1_nonpositive(x), vset(1.7580993408473766f)));
    case UnaryOp::kSigmoid:
      return vsigmoid(x);
    case UnaryOp::kTanh:
      return vtanh_relative(x);
    case UnaryOp::kErf:
      return verf(x);
    case UnaryOp::kStep:
      return vselect_number(x, vselect_less(zero, x, one, c.alpha), x);
    case UnaryOp::kGelu:
      return vgelu_erf(x);
    case UnaryOp::kGeluTanh:
      return vgelu_tanh(x);
    case UnaryOp::kClip:
      return vmin(c.beta, vmax(c.alpha, x));
  }
  return x;
}

template <UnaryOp kOp>
static void unary_run(const float* x, float* out, int64_t n, const UnaryConstants& c) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) vstore(out + i, unary_of<kOp>(vload(x + i), c));
  if (i < n) {
    const int left = static_cast<int>(n - i);
    vstore_first(out + i, unary_of<kOp>(vload_first(x + i, left), c), left);
  }
}

using UnaryRun = void (*)(const float*, float*, int64_t, const UnaryConstants&);

template <int... kOps>
static UnaryRun unary_run_at(UnaryOp op, std::integer_sequence<int, kOps...>) {
  static constexpr UnaryRun kTable[] = {unary_run<static_cast<UnaryOp>(kOps)>...};
  return kTable[static_cast<int>(op)];
}

static void unary_elements(const UnaryElements& p, int64_t begin, int64_t end) {
  const UnaryRun run = unary_run_at(p.op, std::make_integer_sequence<int, kUnaryOps>());
  run(p.x + begin, p.out + begin, end - begin, {vset(p.alpha), vset(p.beta)});
}
