/** The functional API: every kernel at once (`matmul`) or on the pool (`matmulAsync`). */
export { matmul, matmulAsync, type ActivationName, type MatmulOptions } from './matmul.js';
export { PackedMatrix, type PackMatrixOptions } from './packed_matrix.js';
export { softmax, softmaxAsync, type SoftmaxOptions } from './softmax.js';
export {
  attention,
  attentionAsync,
  attentionWithWeights,
  denseAttention,
  denseAttentionAsync,
  randomAttention,
  randomAttentionAsync,
  type AttentionOptions,
  type AttentionResult,
  type DenseAttentionOptions,
  type DotProductOptions,
  type RandomAttentionOptions,
} from './attention.js';
export { PreparedScores } from './prepared_scores.js';
export {
  embedding,
  embeddingAsync,
  gelu,
  geluAsync,
  l2Normalize,
  l2NormalizeAsync,
  layerNorm,
  layerNormAsync,
  pool,
  poolAsync,
  type EmbeddingTable,
  type GeluOptions,
  type LayerNormOptions,
  type NormalizeOptions,
  type PoolMode,
  type PoolOptions,
} from './rows.js';
export type { Abortable } from './run.js';
