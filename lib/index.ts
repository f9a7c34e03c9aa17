/** synthetic-attention: fast attention for Node. */

export { type Info, info, setThreads } from './diagnostics.js';
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
export { Encoder, type EncoderLoadOptions } from './models/encoder.js';
export type { TokenBatch } from './models/feed/batch.js';
export type { TokenizerWorkers } from './models/feed/worker_pool.js';
export { type QuantizeEmbeddingsOptions, quantizeEmbeddings } from './models/heads/quantize.js';
export {
  type ScoreFunction,
  type SearchHit,
  type SemanticSearchOptions,
  semanticSearch,
} from './models/search/semantic_search.js';
export { pairwiseSimilarity, similarity } from './models/search/similarity.js';
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
} from './models/types.js';
export { type Mask, type MaskLike, Tensor, type TensorLike } from './tensor/tensor.js';
