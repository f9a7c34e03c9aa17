// Rows of attention again, without the values that they must not see: a weight of 0 does not make a NaN or an
// infinity 0. Results that are finite show that nothing of the kind has happened, so that the look at the
// values is paid for only where there is something to repair.

static bool row_finite(const float* x, int64_t n) {
  Vec sum = vzero();
  for (int64_t j = 0; j < n; j += kLanes) {
    const int width = static_cast<int>(n - j < kLanes ? n - j : kLanes);
    sum = vmuladd(vload_row(x + j, width), vzero(), sum);
  }
  return vreduce_add(sum) == 0.0f;
}

// spoilt(j) = 1 where the value of key j has a number that is not finite, else 0.
static bool find_spoilt(const Attention& p, const AttentionScratch& s) {
  const int64_t panels = panel_columns(p.value_columns) / kPanel;
  bool any = false;
  for (int64_t j = 0; j < p.keys; ++j) {
    s.spoilt[j] = 0.0f;
    for (int64_t panel = 0; panel < panels; ++panel) {
      if (!row_finite(s.values + (panel * p.keys + j) * kPanel, kPanel)) s.spoilt[j] = 1.0f;
    }
    any = any || s.spoilt[j] != 0.0f;
  }
  return any;
}

static bool sees(const Attention& p, const AttentionRows& r, int64_t i, int64_t j) {
  const Reach reach = reach_of(p, r.row + i);
  const uint8_t* mask = mask_row(p, r, i);
  return j >= reach.begin && j < reach.end && (mask == nullptr || mask[j] != 0);
}

// Whether rows i and k see the same of the spoilt values.
static bool same_view(const Attention& p, const AttentionScratch& s, const AttentionRows& r, int64_t i,
                      int64_t k) {
  for (int64_t j = 0; j < p.keys; ++j) {
    if (s.spoilt[j] != 0.0f && sees(p, r, i, j) != sees(p, r, k, j)) return false;
  }
  return true;
}

static void restore_value(const Attention& p, const AttentionScratch& s, const AttentionRows& r, int64_t j) {
  const float* from = p.value + at(p.value_strides, r.b, r.h / p.kv_group, j);
  for (int64_t c = 0; c < p.value_columns; ++c) {
    s.values[(c / kPanel * p.keys + j) * kPanel + c % kPanel] = from[c];
  }
}

// Computes rows again that a value may have spoilt which they must not see: a weight of 0 does not make a NaN
// 0. Each run of rows that see the same of such values is computed with zeros in place of the others.
static void attend_apart(const Attention& p, const AttentionScratch& s, const AttentionRows& r) {
  if (!find_spoilt(p, s)) return;
  AttentionRows run = r;
  for (int64_t done = 0; done < r.rows; done += run.rows) {
    run.row = r.row + done;
    run.rows = 1;
    while (done + run.rows < r.rows && same_view(p, s, r, done, done + run.rows)) ++run.rows;
    bool hidden = false;
    for (int64_t j = 0; j < p.keys; ++j) {
      if (s.spoilt[j] == 0.0f || sees(p, run, 0, j)) continue;
      drop_value(p, s, j);
      hidden = true;
    }
    if (!hidden) continue;
    attend_rows(p, s, run);
    for (int64_t j = 0; j < p.keys; ++j) {
      if (s.spoilt[j] != 0.0f && !sees(p, run, 0, j)) restore_value(p, s, r, j);
    }
  }
}

// Looks at the results, which are far fewer than the products that made them.
static bool finite_results(const Attention& p, const AttentionRows& r) {
  const float* out = p.out + at(p.out_strides, r.b, r.h, r.row);
  for (int64_t i = 0; i < r.rows; ++i) {
    if (!row_finite(out + i * p.out_strides.row, p.value_columns)) return false;
  }
  return true;
}
