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
#include "kernels/rms_norm/rms_norm.h"
#include "kernels/rotary/rotary.h"
#include "kernels/scatter/scatter.h"
#include "kernels/softmax/softmax.h"
#include "kernels/softmax/softmax_gradient.h"
#include "kernels/transpose/transpose.h"

namespace sa {

struct KernelSet {
  const char* name = nullptr;
  int panel_width = 0;     // columns of a packed panel of B
  int row_multiple = 0;    // rows of the matmul micro-kernel: split work at multiples of it
  int attention_rows = 0;  // queries of a tile of attention: cut queries at multiples of it
  size_t (*packed_size)(int64_t k, int64_t n) = nullptr;
  void (*pack_panels)(const MatrixView& b, int64_t k, int64_t n, float* dst) = nullptr;
  void (*matmul_block)(const MatmulBlock& g, float* scratch) = nullptr;
  void (*softmax_rows)(const SoftmaxRows& p, int64_t begin, int64_t end) = nullptr;
  size_t (*attention_scratch)(const Attention& p) = nullptr;
  void (*attention_head)(const Attention& p, int64_t b, int64_t h, int64_t begin, int64_t end,
                         float* scratch) = nullptr;
  void (*prepare_scores_rows)(const PrepareScores& p, int64_t begin, int64_t end) = nullptr;
  void (*layer_norm_rows)(const LayerNormRows& p, int64_t begin, int64_t end) = nullptr;
  void (*rms_norm_rows)(const RmsNormRows& p, int64_t begin, int64_t end) = nullptr;
  void (*layer_norm_gradient_rows)(const LayerNormGradientRows& p, int64_t begin, int64_t end,
                                   float* sums) = nullptr;
  void (*gelu_elements)(const GeluElements& p, int64_t begin, int64_t end) = nullptr;
  void (*gate_elements)(const GateElements& p, int64_t begin, int64_t end) = nullptr;
  void (*glu_rows)(const GluRows& p, int64_t begin, int64_t end) = nullptr;
  void (*rotary_rows)(const RotaryRows& p, int64_t begin, int64_t end) = nullptr;
  void (*embedding_rows)(const EmbeddingRows& p, int64_t begin, int64_t end) = nullptr;
  void (*pool_sequences)(const PoolSequences& p, int64_t begin, int64_t end) = nullptr;
  void (*l2_normalize_rows)(const NormalizeRows& p, int64_t begin, int64_t end) = nullptr;
  void (*binary_elements)(const BinaryElements& p, int64_t begin, int64_t end) = nullptr;
  void (*unary_elements)(const UnaryElements& p, int64_t begin, int64_t end) = nullptr;
  void (*reduce_block)(const Reduce& p, int64_t begin, int64_t end, int64_t column,
                       int64_t columns) = nullptr;
  void (*transpose_units)(const Transpose& p, int64_t begin, int64_t end) = nullptr;
  void (*softmax_gradient_rows)(const SoftmaxGradientRows& p, int64_t begin, int64_t end) = nullptr;
  void (*log_softmax_rows)(const LogSoftmaxRows& p, int64_t begin, int64_t end) = nullptr;
  void (*log_softmax_gradient_rows)(const LogSoftmaxGradientRows& p, int64_t begin, int64_t end) = nullptr;
  void (*scatter_add_columns)(const ScatterRows& p, int64_t begin, int64_t end) = nullptr;
  const char* int8_method = nullptr;  // how 8-bit numbers are multiplied
  int int8_rows = 0;                  // rows of the int8 micro-kernel
  size_t (*int8_packed_size)(int64_t k, int64_t n) = nullptr;
  void (*int8_pack)(const MatrixView& b, int64_t k, int64_t n, const Int8Panels& to) = nullptr;
  void (*int8_quantize_rows)(const Int8Rows& a, int64_t begin, int64_t end) = nullptr;
  void (*int8_block)(const Int8Block& g) = nullptr;
};

}  // namespace sa
