// As many independent chains as hide the latency of a multiply-add at two a cycle, on every tier.
static double measure_peak() {
  constexpr int kChains = 12;
  constexpr long kSteps = 1000000;
  Vec acc[kChains];
  for (int i = 0; i < kChains; ++i) acc[i] = vset(static_cast<float>(i));
  const Vec a = vset(0.999f), b = vset(0.001f);
  const double start = now();
  for (long step = 0; step < kSteps; ++step) {
    for (int i = 0; i < kChains; ++i) acc[i] = vfma(acc[i], a, b);
  }
  const double seconds = now() - start;
  for (int i = 1; i < kChains; ++i) acc[0] = vadd(acc[0], acc[i]);
  volatile float keep = vreduce_add(acc[0]);
  (void)keep;
  return static_cast<double>(kSteps) * kChains * 2 * kLanes / seconds / 1e9;
}
