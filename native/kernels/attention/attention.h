// attention: for every batch b, head h and query position i
//     out[i] = sum_j softmax_j( sum_s logits_s[i, j] ) value[j]
// over a mixture of score functions s. One kernel serves dot-product, random, factorized and dense scores:
// they differ only in where a tile of logits comes from.
//
// Query i stands at position `position` + i and key j at position j: what lies outside of [position - before,
// position + after] is not attended. Causal attention is after = 0; a cache of earlier keys makes position >
// 0.
//
// Promised: the T x S logits never exist as a whole; a tile of some rows by kAttentionKeys does. A row
// whose positions are all masked gives zeros. The result of a row does not depend on the thread count.
// A key that a query may not attend does not count in its row, whatever the key and its value hold: NaN and
// infinity give the same bits as 0 there.
// out must not overlap any input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/matmul/matmul.h"

namespace sa {

inline constexpr int64_t kAttentionKeys = 512;
inline constexpr int kMaxScoreSources = 8;

// Element (b, h, i, c) of a [batch, heads, rows, columns] operand stands at
// data[b * batch + h * head + i * row + c]; a stride of 0 broadcasts.
struct HeadStrides {
  ptrdiff_t batch = 0, head = 0, row = 0;
};

enum class ScoreKind : int32_t {
  kProduct = 0,   // logits = left right^T + bias, left [T, depth], right [S, depth]
  kPanels = 1,    // logits = left panels + bias, panels [depth, >= S] packed once a head
  kMatrix = 2,    // logits given: left [T, >= S]
  kPrepared = 3,  // exponentials of given logits: left = exp(r - rowmax(r)), see PreparedScores
  kOuter = 4,     // logits(i, j) = left(i, j mod depth) right(i, j / depth), both with a row a query
  kAdditive = 5,  // logits(i, j) = sum_c v(c) tanh(factor (left(i, c) + right(j, c))), right [S, depth]
};

// Scores that do not depend on the input, exponentiated once. `sums` [rows, N]: sums(i, j) = left(i, 0) + ...
// + left(i, j). Where the row maximum lies beyond the part in use, a sum can underflow; such rows are
// computed from `logits`, the matrix itself. All three share the strides of `left`.
struct PreparedScores {
  const float* sums = nullptr;
  const float* logits = nullptr;
};

// [rows, columns] logits to their exponentials and running sums, as PreparedScores wants them.
struct PrepareScores {
  int64_t columns = 0;
  const float* logits = nullptr;
  float* exponentials = nullptr;
  float* sums = nullptr;
};

struct ScoreSource {
  ScoreKind kind = ScoreKind::kProduct;
  float weight = 1.0f;
  int64_t depth = 0;
  const float* left = nullptr;
  HeadStrides left_strides;
  // kProduct, kAdditive: keys, with a head for kv_group heads of queries; kPanels: panels of pack_panels, one
  // block a head; kOuter: the second factor.
  const float* right = nullptr;
  HeadStrides right_strides;               // kPanels: only batch and head are used
  const float* feature_weights = nullptr;  // kAdditive: v, [depth]; null for ones
  float factor = 1.0f;                     // kAdditive
  const float* bias = nullptr;             // [heads, >= S]; null for none
  ptrdiff_t bias_head = 0;
  PreparedScores prepared;
};

struct Attention {
  int64_t batch = 0, heads = 0, queries = 0, keys = 0, value_columns = 0;
  // kPrepared stands alone, with weight 1.
  int source_count = 0;
  ScoreSource sources[kMaxScoreSources];
  const float* value = nullptr;  // [batch, heads / kv_group, keys, value_columns]
  HeadStrides value_strides;
  float* out = nullptr;  // [batch, heads, queries, value_columns]
  HeadStrides out_strides;
  const uint8_t* mask = nullptr;  // [batch, heads, queries, keys] by strides, not 0 = attend
  HeadStrides mask_strides;
  int64_t kv_group = 1;  // heads of queries that share a head of value and of the keys
  int64_t position = 0;
  int64_t before = -1, after = -1;  // -1: no limit on that side
  float* weights = nullptr;         // [batch, heads, queries, keys] or null: where to write the softmax
};

}  // namespace sa
