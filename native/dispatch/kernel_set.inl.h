// Every algorithm, in the order of their needs. Included inside the namespace of a tier, after its
// primitives.
#include "simd/math.h"
#include "kernels/matmul/tiling.inl.h"
#include "kernels/matmul/epilogue.inl.h"
#include "kernels/matmul/matmul.inl.h"
#include "kernels/softmax/softmax.inl.h"
#include "kernels/attention/attention.inl.h"
#include "kernels/layer_norm/layer_norm.inl.h"
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

static const KernelSet kSet = {
    SA_TIER_NAME,
    kPanel,
    kMatmulRows,
    kAttentionRows,
    packed_size,
    pack_panels,
    matmul_block,
    softmax_rows,
    attention_scratch,
    attention_head,
    prepare_scores_rows,
    layer_norm_rows,
    layer_norm_gradient_rows,
    gelu_elements,
    gate_elements,
    glu_rows,
    rotary_rows,
    embedding_rows,
    pool_sequences,
    l2_normalize_rows,
    binary_elements,
    unary_elements,
    reduce_block,
    transpose_units,
    softmax_gradient_rows,
    log_softmax_rows,
    log_softmax_gradient_rows,
    scatter_add_columns,
    kInt8Method,
    kInt8Rows,
    int8_packed_size,
    int8_pack,
    int8_quantize_rows,
    int8_block,
};
