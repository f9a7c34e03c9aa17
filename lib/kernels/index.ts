/** The functional API: every kernel at once (`matmul`) or on the pool (`matmulAsync`). */

export {
  type AttentionOptions,
  type AttentionResult,
  attention,
  attentionAsync,
  attentionWithWeights,
  type DenseAttentionOptions,
  type DotProductOptions,
  denseAttention,
  denseAttentionAsync,
  type RandomAttentionOptions,
  randomAttention,
  randomAttentionAsync,
} from './attention.js';
export { type GateOptions, gate, gateAsync } from './gate.js';
export { int8Matmul, int8MatmulAsync } from './int8_matmul.js';
export {
  type ActivationName,
  type EpilogueOptions,
  type MatmulOptions,
  matmul,
  matmulAsync,
} from './matmul.js';
export { PackedMatrix, type PackMatrixOptions } from './packed_matrix.js';
export { PreparedScores } from './prepared_scores.js';
export { QuantizedMatrix } from './quantized_matrix.js';
export {
  type EmbeddingTable,
  embedding,
  embeddingAsync,
  type GeluOptions,
  gelu,
  geluAsync,
  type LayerNormOptions,
  l2Normalize,
  l2NormalizeAsync,
  layerNorm,
  layerNormAsync,
  type NormalizeOptions,
  type PoolMode,
  type PoolOptions,
  pool,
  poolAsync,
} from './rows.js';
export type { Abortable } from './run.js';
export { type SoftmaxOptions, softmax, softmaxAsync } from './softmax.js';
