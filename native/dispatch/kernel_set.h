// The table that a tier fills: one row a kernel. Everything above this folder calls kernels through it.
#pragma once

#include "kernels/attention/attention.h"
#include "kernels/elementwise/binary.h"
#include "kernels/elementwise/unary.h"
#include "kernels/embedding/embedding.h"
#include "kernels/gate/gate.h"
#include "kernels/gelu/gelu.h"
#include "kernels/glu/glu.h"
#include "kernels/int8/int8.h"
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/matmul/matmul.h"
#include "kernels/pooling/pooling.h"
#include "kernels/reduce/reduce.h"
#include "kernels/rotary/rotary.h"
#include "kernels/scatter/scatter.h"
#include "kernels/softmax/softmax.h"
#include "kernels/softmax/softmax_gradient.h"
#include "kernels/transpose/transpose.h"

namespace sa {

struct KernelSet {
  const char* name;
  int panel_width;     // columns of a packed panel of B
  int row_multiple;    // rows of the matmul micro-kernel: split work at multiples of it
  int attention_rows;  // queries of a tile of attention: cut queries at multiples of it
  size_t (*packed_size)(int64_t k, int64_t n);
  void (*pack_panels)(const MatrixView& b, int64_t k, int64_t n, float* dst);
  void (*matmul_block)(const MatmulBlock& g, float* scratch);
  void (*softmax_rows)(const SoftmaxRows& p, int64_t begin, int64_t end);
  size_t (*attention_scratch)(const Attention& p);
  void (*attention_head)(const Attention& p, int64_t b, int64_t h, int64_t begin, int64_t end,
                         float* scratch);
  void (*prepare_scores_rows)(const PrepareScores& p, int64_t begin, int64_t end);
  void (*layer_norm_rows)(const LayerNormRows& p, int64_t begin, int64_t end);
  void (*layer_norm_gradient_rows)(const LayerNormGradientRows& p, int64_t begin, int64_t end, float* sums);
  void (*gelu_elements)(const GeluElements& p, int64_t begin, int64_t end);
  void (*gate_elements)(const GateElements& p, int64_t begin, int64_t end);
  void (*glu_rows)(const GluRows& p, int64_t begin, int64_t end);
  void (*rotary_rows)(const RotaryRows& p, int64_t begin, int64_t end);
  void (*embedding_rows)(const EmbeddingRows& p, int64_t begin, int64_t end);
  void (*pool_sequences)(const PoolSequences& p, int64_t begin, int64_t end);
  void (*l2_normalize_rows)(const NormalizeRows& p, int64_t begin, int64_t end);
  void (*binary_elements)(const BinaryElements& p, int64_t begin, int64_t end);
  void (*unary_elements)(const UnaryElements& p, int64_t begin, int64_t end);
  void (*reduce_block)(const Reduce& p, int64_t begin, int64_t end, int64_t column, int64_t columns);
  void (*transpose_units)(const Transpose& p, int64_t begin, int64_t end);
  void (*softmax_gradient_rows)(const SoftmaxGradientRows& p, int64_t begin, int64_t end);
  void (*log_softmax_rows)(const LogSoftmaxRows& p, int64_t begin, int64_t end);
  void (*log_softmax_gradient_rows)(const LogSoftmaxGradientRows& p, int64_t begin, int64_t end);
  void (*scatter_add_columns)(const ScatterRows& p, int64_t begin, int64_t end);
  const char* int8_method;  // how 8-bit numbers are multiplied
  int int8_rows;            // rows of the int8 micro-kernel
  size_t (*int8_packed_size)(int64_t k, int64_t n);
  void (*int8_pack)(const MatrixView& b, int64_t k, int64_t n, const Int8Panels& to);
  void (*int8_quantize_rows)(const Int8Rows& a, int64_t begin, int64_t end);
  void (*int8_block)(const Int8Block& g);
};

}  // namespace sa
