/** synthetic-attention: fast attention for Node. */

export { type Info, info, setThreads } from './diagnostics.js';
export { Encoder, type EncoderLoadOptions } from './encoder/encoder.js';
export { type QuantizeEmbeddingsOptions, quantizeEmbeddings } from './encoder/quantize.js';
export {
  type ScoreFunction,
  type SearchHit,
  type SemanticSearchOptions,
  semanticSearch,
} from './encoder/semantic_search.js';
export { pairwiseSimilarity, similarity } from './encoder/similarity.js';
export type { TokenBatch } from './encoder/token_batch.js';
export type { TokenizerWorkers } from './encoder/token_workers.js';
export type {
  AnyEncodeOptions,
  EncodedBatch,
  EncodeOptions,
  EncodeProgress,
  EncoderDType,
  OutputValue,
  PoolingMode,
  Precision,
  QuantizedEmbeddings,
  QuantizedEncodeOptions,
  QuantizedPrecision,
  SimilarityName,
  TextCut,
  TextEncoder,
  TextSource,
  TokenEncodeOptions,
  TokenizedText,
  TokensEncodeOptions,
} from './encoder/types.js';
export {
  type AddonAttempt,
  ArgumentError,
  DisposedError,
  FileError,
  FormatError,
  MemoryError,
  ModelError,
  NativeError,
  NativeLoadError,
  NonFiniteError,
  OutputBusyError,
  type Reason,
  ShapeError,
  SyntheticAttentionError,
} from './errors.js';
export {
  type ExplainedLayer,
  type ExplainedPart,
  Explanation,
  type ExplanationOptions,
} from './explain/explanation.js';
export * as kernels from './kernels/index.js';
export * from './layers/index.js';
export { type Mask, type MaskLike, Tensor, type TensorLike } from './tensor/tensor.js';
