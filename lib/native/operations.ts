/** Options of the native kernels, see native/binding. Sizes are in elements. Matrices are row-major and contiguous unless strides are given. */

/** [batch, head, row] strides in elements; 0 broadcasts. The last axis is contiguous. */
export type Strides = readonly [number, number, number];

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
