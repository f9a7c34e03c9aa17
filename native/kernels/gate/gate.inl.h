// sigmoid(g) is 1 / (1 + e) or e / (1 + e) with e = e^(-|g|), so that nothing overflows.
static void gate_elements(const GateElements& p, int64_t begin, int64_t end) {
  const Vec one = vset(1.0f);
  for (int64_t i = begin; i < end; i += kLanes) {
    const int width = static_cast<int>(end - i < kLanes ? end - i : kLanes);
    const Vec g = vload_row(p.gate + i, width);
    const Vec e = vexp_nonpositive(vsub(vzero(), vabs(g)));
    const Vec sigmoid = vdiv(vselect_nonnegative(g, one, e), vadd(one, e));
    vstore_row(p.y + i, vmul(vload_row(p.x + i, width), sigmoid), width);
  }
}
