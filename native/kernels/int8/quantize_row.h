// The one rule by which weights become 8 bits: a row of numbers has one step, its largest magnitude is 127
// steps. int8_pack (int8.inl.h) follows it by columns of B; words and converted models by rows.
#pragma once

#include <cmath>
#include <cstdint>

namespace sa {

// `finite` is NaN where a number of the row is not finite, else 0: such a row has a step that is NaN.
inline float int8_step(float largest, float finite) { return largest / 127.0f + finite; }

// What numbers are multiplied by. A row with a tiny step counts as zero.
inline float int8_inverse(float step) { return step > 1e-30f ? 1.0f / step : 0.0f; }

// Fills codes [count] and returns the step.
inline float quantize_row(const float* row, int64_t count, int8_t* codes) {
  float largest = 0.0f, finite = 0.0f;
  for (int64_t j = 0; j < count; ++j) {
    const float magnitude = std::fabs(row[j]);
    largest = magnitude > largest ? magnitude : largest;
    finite += magnitude * 0.0f;
  }
  const float step = int8_step(largest, finite), inverse = int8_inverse(step);
  for (int64_t j = 0; j < count; ++j) {
    // 1.5 * 2^23 pushes the fraction out of the significand: a rounding that compilers vectorise.
    const float shifted = row[j] * inverse + 12582912.0f;
    codes[j] = inverse > 0.0f ? static_cast<int8_t>(shifted - 12582912.0f) : int8_t{0};
  }
  return step;
}

}  // namespace sa
