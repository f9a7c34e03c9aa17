// What the checks of the int8 kernels share: operands at the borders of the quantisation, and the quantised
// operands as the kernels made them, each held against the formulas of native/kernels/int8/int8.h.
#pragma once

#include <vector>

#include "conformance/matrices.h"

namespace sa_test {

// Rows of A whose span, and columns of B whose step is below are zero: float32 has no inverse of the step.
inline constexpr double kSmallestStep = 1e-30;

// How a tier stores: whether two neighbouring weights share the range, and what is subtracted from q in [0,
// 255].
struct Codes {
  bool pairs = false;
  int offset = 0;
};

// By quantising the numbers 1, 1.
Codes codes_of(Case& c);

// What a row of A or a column of B is made of.
enum class Line {
  kUsual,
  kZero,
  kConstant,
  kExtreme,    // +-x, in runs or by chance: every product as large as can be
  kTiny,       // denormal numbers too
  kHuge,       // up to the largest float32, of one sign
  kBeyond,     // both signs: the span is no float32
  kNotFinite,  // one NaN or infinity
};

// A matrix of lines: rows of A [m, k], or columns of B [k, n].
struct Lines {
  Lines(Case& c, bool of_b, int64_t lines, int64_t length, const Layout& layout);

  int64_t at(int64_t line, int64_t p) const { return of_b ? layout.at(p, line) : layout.at(line, p); }
  float value(int64_t line, int64_t p) const { return data[at(line, p)]; }
  void fill(Case& c, int64_t line, Line kind);

  bool of_b;
  int64_t lines, length;
  Layout layout;
  Buffer<float> data;
};

// q - zero_i of every element of A, and scale_i.
struct QuantizedRows {
  // Rows [begin, end) by the kernel, checked; also that the others are not touched, and the zeros behind k.
  QuantizedRows(Case& c, const Codes& codes, const Lines& a, int64_t begin, int64_t end);

  // scale_i (q - zero_i) is within this of the element.
  double step_error(int64_t i) const;

  sa::Int8Rows view;
  Buffer<uint8_t> data;
  Buffer<float> scales;
  Buffer<int32_t> zeros;
  std::vector<double> spans;  // NaN: the row of C must be NaN
  std::vector<int32_t> codes;
};

// w of every element of B, column by column, and scale_j.
struct QuantizedColumns {
  QuantizedColumns(Case& c, const Codes& codes, const Lines& b);

  double step_error(int64_t j) const;

  Buffer<int8_t> data;
  Buffer<int32_t> sums;
  Buffer<float> scales;
  sa::Int8Panels view;
  // The largest magnitude, or sum of two neighbours. NaN: the column of C must be NaN.
  std::vector<double> largest;
  std::vector<int32_t> codes;
};

// In steps, with the roundings on the way: of the scale, its inverse, the product and the span.
inline constexpr double kHalfStep = 0.5 + 255 * 5 * kU;

}  // namespace sa_test
