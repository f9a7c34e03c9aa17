/**
 * The native addon's interface, typed. It checks types, ranges and lengths itself before touching memory and
 * throws an Error with code ERR_NATIVE and a `reason` (argument, memory or buffer); the layers above check first and throw the package's typed errors.
 * Sizes are in elements. Matrices are row-major and contiguous unless strides are given.
 */
import type {
  EncodeFailures,
  EncodeOptions,
  LoadFailure,
  LoadProgramOptions,
  NativeProgram,
} from './program.js';

/** [batch, head, row] strides in elements; 0 broadcasts. The last axis is contiguous. */
export type Strides = readonly [number, number, number];

export const Activation = { none: 0, relu: 1, gelu: 2, geluTanh: 3, silu: 4 } as const;
export const ScoreKind = { product: 0, panels: 1, matrix: 2, prepared: 3, outer: 4, additive: 5 } as const;
/** Codes of `binary`, element by element; NaN in either operand gives NaN. See native/kernels/elementwise/binary.h. */
export const BinaryOp = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  maximum: 4,
  minimum: 5,
  squaredDifference: 6,
  /** a < 0 ? a * b : a */
  prelu: 7,
  /** Gradients, with b the gradient of the result: a > 0 ? b : 0 (a is relu's input or result). */
  stepMul: 8,
  /** b * (1 - a * a), a = tanh(x) */
  tanhGrad: 9,
  /** b * a * (1 - a), a = sigmoid(x) */
  sigmoidGrad: 10,
  /** a >= 0 ? b : b * (a + 1), a = elu(x) */
  eluGrad: 11,
  /** b * gelu'(a), a = x: exact form, and the tanh form. */
  geluGrad: 12,
  geluTanhGrad: 13,
} as const;

/** Codes of `unary`, element by element; NaN gives NaN. See native/kernels/elementwise/unary.h. */
export const UnaryOp = {
  neg: 0,
  abs: 1,
  exp: 2,
  log: 3,
  log1p: 4,
  sqrt: 5,
  rsqrt: 6,
  square: 7,
  reciprocal: 8,
  relu: 9,
  relu6: 10,
  /** x < 0 ? alpha * x : x */
  leakyRelu: 11,
  elu: 12,
  selu: 13,
  sigmoid: 14,
  tanh: 15,
  erf: 16,
  /** x > 0 ? 1 : alpha */
  step: 17,
  gelu: 18,
  geluTanh: 19,
  /** x held in [alpha, beta] */
  clip: 20,
} as const;

export const ReduceOp = { sum: 0, mean: 1, max: 2, min: 3 } as const;

/** `count` matrices [k, n], packed for the matmul kernel. */
export interface NativePackedMatrix {
  /** 0 after `dispose`. */
  readonly bytes: number;
  dispose(): void;
}

/** One matrix [k, n] of 8-bit weights with a scale a column, packed for the int8 kernel. */
export interface NativeQuantizedMatrix {
  /** 0 after `dispose`. */
  readonly bytes: number;
  dispose(): void;
}

export interface PackOptions {
  data: Float32Array;
  count: number;
  k: number;
  n: number;
  batchStride: number;
  rowStride: number;
  columnStride: number;
}

export interface QuantizeOptions {
  data: Float32Array;
  k: number;
  n: number;
  rowStride: number;
  columnStride: number;
}

/** out [m, n] = activation(A B + bias) + residual, A [m, k] quantised row by row. */
export interface Int8MatmulOptions {
  m: number;
  a: Float32Array;
  weights: NativeQuantizedMatrix;
  bias: Float32Array | null;
  residual: Float32Array | null;
  activation: number;
  out: Float32Array;
}

/** Rows of 8 bits with a step each, x = step * code: how weights are stored (native/kernels/int8/quantize_row.h). */
export interface QuantizeRowsOptions {
  /** [rows, columns] */
  x: Float32Array;
  rows: number;
  columns: number;
  /** Room for rows * columns bytes: the codes, an Int8Array of its buffer. */
  codes: Float32Array;
  /** [rows]; NaN for a row that is not finite. */
  steps: Float32Array;
}

/** out [batch, m, n] = activation(A B + bias) + residual. */
export interface MatmulOptions {
  batch: number;
  m: number;
  n: number;
  k: number;
  a: Float32Array;
  aBatchStride: number;
  /** Default k; without transposeA. */
  aRowStride?: number;
  transposeA: boolean;
  /** One matrix for all batches, or one for each. */
  packed: NativePackedMatrix | null;
  b: Float32Array | null;
  bBatchStride: number;
  transposeB: boolean;
  bias: Float32Array | null;
  /** Default 0: the same bias for all batches. */
  biasBatchStride?: number;
  residual: Float32Array | null;
  activation: number;
  out: Float32Array;
  /** Default n and m * n. No element may be written twice; without a residual. */
  outRowStride?: number;
  outBatchStride?: number;
}

export interface SoftmaxOptions {
  x: Float32Array;
  y: Float32Array;
  rows: number;
  columns: number;
  scale: number;
  mask: Uint8Array | null;
  maskRows: number;
  causal: boolean;
  causalRows: number;
}

export interface ScoreSourceOptions {
  kind: number;
  weight: number;
  left: Float32Array;
  leftStrides: Strides;
  /** product, panels, outer, additive: columns of `left`. */
  depth?: number;
  /** product, additive: [batch, heads / kvGroup, keys, depth] by strides; outer: the second factor, a row a query. */
  right?: Float32Array;
  rightStrides?: Strides;
  panels?: NativePackedMatrix;
  bias?: Float32Array | null;
  biasHeadStride?: number;
  /** additive: weights of the features, and the factor inside of the hyperbolic tangent. */
  featureWeights?: Float32Array | null;
  factor?: number;
  /** prepared: running sums of `left`, and the logits it was made from; strides as `left`. */
  sums?: Float32Array;
  logits?: Float32Array;
}

export interface AttentionOptions {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  valueColumns: number;
  sources: readonly ScoreSourceOptions[];
  value: Float32Array;
  valueStrides: Strides;
  out: Float32Array;
  outStrides: Strides;
  mask: Uint8Array | null;
  maskStrides: Strides;
  /** Heads that share one head of `value` and of `right` (product, additive); divides heads. */
  kvGroup: number;
  /** Query i stands at position + i and attends keys from before that to after it; -1 is no limit. */
  position: number;
  before: number;
  after: number;
  weights: Float32Array | null;
}

export interface PrepareScoresOptions {
  rows: number;
  columns: number;
  logits: Float32Array;
  exponentials: Float32Array;
  sums: Float32Array;
}

export interface LayerNormOptions {
  x: Float32Array;
  y: Float32Array;
  rows: number;
  columns: number;
  gamma: Float32Array | null;
  beta: Float32Array | null;
  epsilon: number;
}

/** The gradient of layerNorm; dx may be x or dy. */
export interface LayerNormGradientOptions {
  x: Float32Array;
  dy: Float32Array;
  dx: Float32Array;
  rows: number;
  columns: number;
  gamma: Float32Array | null;
  /** [columns] each, of memory of their own. */
  dGamma: Float32Array;
  dBeta: Float32Array;
  epsilon: number;
}

export interface GeluOptions {
  x: Float32Array;
  y: Float32Array;
  size: number;
  tanh: boolean;
}

export interface GateOptions {
  x: Float32Array;
  gate: Float32Array;
  y: Float32Array;
  size: number;
}

/** out, contiguous, of `shape`; may be the very memory of an operand that is contiguous of that shape too. */
export interface BinaryOptions {
  /** Of BinaryOp. */
  op: number;
  a: Float32Array;
  b: Float32Array;
  out: Float32Array;
  /** At most 4 dimensions; the fewer (the more that were merged) the faster. */
  shape: readonly number[];
  /** In elements, one a dimension of `shape`; 0 broadcasts. */
  aStrides: readonly number[];
  bStrides: readonly number[];
}

/** out = op(x) over the elements of x; out has as many at least, and may be x. */
export interface UnaryOptions {
  /** Of UnaryOp. */
  op: number;
  x: Float32Array;
  out: Float32Array;
  /** leakyRelu, step, clip; default 0. May be infinite. */
  alpha?: number;
  /** clip; default 0. May be infinite. */
  beta?: number;
}

/** x [outer, size, inner] -> out [outer, inner]. NaN gives NaN. Of nothing: 0, NaN, -infinity, infinity. */
export interface ReduceOptions {
  /** Of ReduceOp. */
  op: number;
  x: Float32Array;
  out: Float32Array;
  outer: number;
  size: number;
  inner: number;
}

/** out[i_permutation[0], i_permutation[1], ...] = x[i_0, i_1, ...]: axis d of out is axis permutation[d] of x. */
export interface TransposeOptions {
  /** Both of the same type; 4 bytes an element are moved as they are. */
  x: Float32Array | Int32Array;
  out: Float32Array | Int32Array;
  /** Of x; at most 6 dimensions. */
  shape: readonly number[];
  permutation: readonly number[];
}

/** dx = scale * y * (dy - sum_j dy_j y_j) by rows, y the softmax; dx may be dy or y. */
export interface SoftmaxGradientOptions {
  y: Float32Array;
  dy: Float32Array;
  dx: Float32Array;
  rows: number;
  columns: number;
  scale: number;
}

/** y = x - log(sum_j exp(x_j)) by rows; y may be x. */
export interface LogSoftmaxOptions {
  x: Float32Array;
  y: Float32Array;
  rows: number;
  columns: number;
}

/** dx = dy - exp(y) sum_j dy_j by rows, y the logSoftmax; dx may be dy or y. */
export interface LogSoftmaxGradientOptions {
  y: Float32Array;
  dy: Float32Array;
  dx: Float32Array;
  rows: number;
  columns: number;
}

/** out[indices[i]] += x[i], rows of `width`: in this order, whatever the threads. Indices outside of out are skipped. */
export interface ScatterAddRowsOptions {
  /** [rows, width] */
  x: Float32Array;
  indices: Int32Array;
  /** [outRows, width]; it is added to what it holds: fill it with 0 for UnsortedSegmentSum. */
  out: Float32Array;
  rows: number;
  width: number;
  outRows: number;
}

export interface EmbeddingOptions {
  rows: number;
  columns: number;
  y: Float32Array;
  tables: readonly { table: Float32Array; rows: number; ids: Int32Array }[];
}

export interface PoolOptions {
  x: Float32Array;
  y: Float32Array;
  offsets: Int32Array;
  columns: number;
  mode: number;
}

export interface NormalizeOptions {
  x: Float32Array;
  y: Float32Array;
  rows: number;
  columns: number;
  epsilon: number;
}

/** What one sequence of a batch can have computed without the others. */
type BatchedName = 'matmul' | 'attention' | 'layerNorm' | 'gate';
export type BatchedOperation = {
  [K in BatchedName]: { name: K; options: NativeOperations[K] };
}[BatchedName];

/**
 * Operations one after the other, of `batch` sequences that know nothing of each other: each thread carries some of
 * them through all operations. What one of the operations writes for a sequence, later ones may read for that sequence
 * only.
 */
export interface BatchedOptions {
  batch: number;
  operations: readonly BatchedOperation[];
}

export interface NativeTier {
  name: string;
  /** Built into this addon. */
  compiled: boolean;
  /** Built in and run by this CPU. */
  supported: boolean;
}

export interface NativeInfo {
  isa: string;
  /** The instruction that multiplies 8-bit numbers. */
  int8: string;
  tiers: NativeTier[];
  cpu: string;
  availableCpus: number;
  threads: number;
  /** Threads that the pool and asynchronous jobs have started: fewer than wanted where the system gives no more. */
  workerThreads: number;
  jobThreads: number;
  compiler: string;
  napiVersion: number;
  /** Bytes of copies that asynchronous operations hold now. */
  copiedBytes: number;
  /** Bytes of workspaces kept for reuse. */
  retainedBytes: number;
}

/**
 * Every operation comes twice: at once on the calling thread, or as a Promise on threads for jobs. An asynchronous one
 * works on copies of its arrays, made before the call returns, and writes its outputs when it has ended; then it rejects
 * (reason `buffer`) where an output's buffer is gone. Arrays in `own`, which nobody but this package may reach before the
 * Promise settles, are used where they are.
 */
export interface NativeOperations {
  matmul: MatmulOptions;
  int8Matmul: Int8MatmulOptions;
  quantizeRows: QuantizeRowsOptions;
  softmax: SoftmaxOptions;
  attention: AttentionOptions;
  prepareScores: PrepareScoresOptions;
  layerNorm: LayerNormOptions;
  layerNormGradient: LayerNormGradientOptions;
  gelu: GeluOptions;
  gate: GateOptions;
  binary: BinaryOptions;
  unary: UnaryOptions;
  reduce: ReduceOptions;
  transpose: TransposeOptions;
  softmaxGradient: SoftmaxGradientOptions;
  logSoftmax: LogSoftmaxOptions;
  logSoftmaxGradient: LogSoftmaxGradientOptions;
  scatterAddRows: ScatterAddRowsOptions;
  embedding: EmbeddingOptions;
  pool: PoolOptions;
  l2Normalize: NormalizeOptions;
  batched: BatchedOptions;
  encode: EncodeOptions;
}

export type OperationName = keyof NativeOperations;

/** What an operation gives besides what it writes. */
type Outcome<K extends OperationName> = K extends 'encode' ? EncodeFailures | undefined : undefined;
type SyncOperations = { [K in OperationName]: (options: NativeOperations[K]) => Outcome<K> };
type AsyncOperations = {
  [K in OperationName as `${K}Async`]: (
    options: NativeOperations[K],
    own?: readonly (Float32Array | Uint8Array)[],
  ) => Promise<Outcome<K>>;
};

/** Results of `lockFile`, see native/runtime/file_lock.h. */
export const FileLock = { locked: 0, busy: 1, unsupported: 2 } as const;

export interface NativeAddon extends SyncOperations, AsyncOperations {
  info(): NativeInfo;
  setThreads(options: { threads: number }): void;
  /** The exclusive lock of an open file, without waiting; it lasts until `fd` is closed or the process ends. */
  lockFile(options: { fd: number }): number;
  PackedMatrix: new (options: PackOptions) => NativePackedMatrix;
  QuantizedMatrix: new (options: QuantizeOptions) => NativeQuantizedMatrix;
  loadProgram(options: LoadProgramOptions): NativeProgram | LoadFailure;
  loadProgramAsync(options: LoadProgramOptions): Promise<NativeProgram | LoadFailure>;
}
