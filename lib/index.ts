/** synthetic-attention: fast attention for Node. */

export { type Info, info, setThreads } from './diagnostics.js';
export { Encoder } from './encoder/encoder.js';
export type {
  EncodedBatch,
  EncodeOptions,
  EncodeProgress,
  PoolingMode,
  TextEncoder,
  TextSource,
} from './encoder/types.js';
export {
  ArgumentError,
  FileError,
  FormatError,
  ModelError,
  NativeLoadError,
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
