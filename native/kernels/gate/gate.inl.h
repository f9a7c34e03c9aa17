static void gate_elements(const GateElements& p, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i += kLanes) {
    const int width = static_cast<int>(end - i < kLanes ? end - i : kLanes);
    vstore_row(p.y + i, vmul(vload_row(p.x + i, width), vsigmoid(vload_row(p.gate + i, width))), width);
  }
}
