// Whole operations: one tier's kernels over the thread pool, with workspaces. Arguments have been checked by
// the caller. Each returns false when memory for its workspace has run out (the output is then undefined).
#pragma once

#include "dispatch/kernel_set.h"

namespace sa {

struct Matmul {
  int64_t batch = 1, m = 0, n = 0, k = 0;
  MatrixView a;
  ptrdiff_t a_batch = 0;
  MatrixView b;  // not used when packed_b is given
  ptrdiff_t b_batch = 0;
  const float* packed_b = nullptr;  // pack_panels of B
  ptrdiff_t packed_batch = 0;       // floats from one batch's B to the next; 0: one for all
  float* c = nullptr;               // [batch, m, n]
  ptrdiff_t c_stride = 0, c_batch = 0;
  Epilogue epilogue;
  ptrdiff_t bias_batch = 0, residual_batch = 0;
};

bool run_matmul(const KernelSet& kernels, const Matmul& p);
void run_pack(const KernelSet& kernels, const MatrixView& b, int64_t k, int64_t n, float* dst);
// C [m, n] from float32 A [m, k] and a quantised B, see kernels/int8/int8.h. k <= kInt8LargestK.
struct Int8Matmul {
  int64_t m = 0, n = 0, k = 0;
  const float* x = nullptr;
  ptrdiff_t x_stride = 0;
  Int8Panels b;
  float* c = nullptr;
  ptrdiff_t c_stride = 0;
  Epilogue epilogue;
};

bool run_int8_matmul(const KernelSet& kernels, const Int8Matmul& p);
void run_int8_pack(const KernelSet& kernels, const MatrixView& b, int64_t k, int64_t n, const Int8Panels& to);
bool run_attention(const KernelSet& kernels, const Attention& p);
void run_softmax(const KernelSet& kernels, const SoftmaxRows& p);
void run_layer_norm(const KernelSet& kernels, const LayerNormRows& p);
void run_rms_norm(const KernelSet& kernels, const RmsNormRows& p, int64_t rows);
// dgamma and dbeta [columns]. False when memory for sums has run out.
bool run_layer_norm_gradient(const KernelSet& kernels, const LayerNormGradientRows& p, float* dgamma,
                             float* dbeta);
void run_gelu(const KernelSet& kernels, const GeluElements& p);
void run_gate(const KernelSet& kernels, const GateElements& p);
void run_glu(const KernelSet& kernels, const GluRows& p, int64_t rows);
void run_rotary(const KernelSet& kernels, const RotaryRows& p, int64_t rows);
void run_embedding(const KernelSet& kernels, const EmbeddingRows& p, int64_t rows);
void run_pool(const KernelSet& kernels, const PoolSequences& p, int64_t sequences);
void run_l2_normalize(const KernelSet& kernels, const NormalizeRows& p, int64_t rows);
void run_unary(const KernelSet& kernels, const UnaryElements& p);
// Merges the dimensions that operands walk through in one stride first.
void run_binary(const KernelSet& kernels, const BinaryElements& p);
// False when memory for partial results has run out.
bool run_reduce(const KernelSet& kernels, const Reduce& p);
void run_transpose(const KernelSet& kernels, const AxisOrder& p);
void run_softmax_gradient(const KernelSet& kernels, const SoftmaxGradientRows& p, int64_t rows);
void run_log_softmax(const KernelSet& kernels, const LogSoftmaxRows& p, int64_t rows);
void run_log_softmax_gradient(const KernelSet& kernels, const LogSoftmaxGradientRows& p, int64_t rows);
void run_scatter_add(const KernelSet& kernels, const ScatterRows& p);

// E = exp(R - rowmax) and its running row sums, of [rows, columns] logits (see PreparedScores).
void run_prepare_scores(const KernelSet& kernels, const float* logits, int64_t rows, int64_t columns,
                        float* exponentials, float* sums);

}  // namespace sa
