// Every algorithm, in the order of their needs. Included inside the namespace of a tier, after its
// primitives.
#include "simd/math.h"
#include "kernels/matmul/tiling.inl.h"
#include "kernels/matmul/epilogue.inl.h"
#include "kernels/matmul/matmul.inl.h"
#include "kernels/softmax/softmax.inl.h"
#include "kernels/attention/attention.inl.h"
#include "kernels/layer_norm/layer_norm.inl.h"
#include "kernels/rms_norm/rms_norm.inl.h"
#include "kernels/gelu/gelu.inl.h"
#include "kernels/gate/gate.inl.h"
#include "kernels/glu/glu.inl.h"
#include "kernels/rotary/rotary.inl.h"
#include "kernels/embedding/embedding.inl.h"
#include "kernels/pooling/pooling.inl.h"
#include "kernels/elementwise/unary.inl.h"
#include "kernels/elementwise/binary.inl.h"
#include "kernels/reduce/reduce.inl.h"
#include "kernels/transpose/transpose.inl.h"
#include "kernels/softmax/softmax_gradient.inl.h"
#include "kernels/scatter/scatter.inl.h"
#include "kernels/int8/int8.inl.h"

// A constant: nothing of a tier may run before the CPU is known to have it.
static constexpr KernelSet kernel_set() {
  KernelSet set;
  set.name = SA_TIER_NAME;
  set.panel_width = kPanel;
  set.row_multiple = kMatmulRows;
  set.attention_rows = kAttentionRows;
  set.packed_size = packed_size;
  set.pack_panels = pack_panels;
  set.matmul_block = matmul_block;
  set.softmax_rows = softmax_rows;
  set.attention_scratch = attention_scratch;
  set.attention_head = attention_head;
  set.prepare_scores_rows = prepare_scores_rows;
  set.layer_norm_rows = layer_norm_rows;
  set.rms_norm_rows = rms_norm_rows;
  set.layer_norm_gradient_rows = layer_norm_gradient_rows;
  set.gelu_elements = gelu_elements;
  set.gate_elements = gate_elements;
  set.glu_rows = glu_rows;
  set.rotary_rows = rotary_rows;
  set.embedding_rows = embedding_rows;
  set.pool_sequences = pool_sequences;
  set.l2_normalize_rows = l2_normalize_rows;
  set.binary_elements = binary_elements;
  set.unary_elements = unary_elements;
  set.reduce_block = reduce_block;
  set.transpose_units = transpose_units;
  set.softmax_gradient_rows = softmax_gradient_rows;
  set.log_softmax_rows = log_softmax_rows;
  set.log_softmax_gradient_rows = log_softmax_gradient_rows;
  set.scatter_add_columns = scatter_add_columns;
  set.int8_method = kInt8Method;
  set.int8_rows = kInt8Rows;
  set.int8_packed_size = int8_packed_size;
  set.int8_pack = int8_pack;
  set.int8_quantize_rows = int8_quantize_rows;
  set.int8_block = int8_block;
  return set;
}

static constexpr KernelSet kSet = kernel_set();
