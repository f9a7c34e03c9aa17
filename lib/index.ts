/** synthetic-attention: fast attention for Node. */
export * as kernels from './kernels/index.js';
export * from './layers/index.js';
export { Encoder } from './encoder/encoder.js';
export type { EncodeOptions, EncodeProgress, EncodedBatch, PoolingMode, TextEncoder } from './encoder/types.js';
export { Tensor, type Mask, type MaskLike, type TensorLike } from './tensor/tensor.js';
export { info, setThreads, type Info } from './diagnostics.js';
export {
  ArgumentError,
  FileError,
  FormatError,
  ModelError,
  NativeLoadError,
  ShapeError,
  SyntheticAttentionError,
} from './errors.js';
