/**
 * The native addon's interface, typed. It checks types, ranges and lengths itself before touching memory and
 * throws an Error with code ERR_NATIVE; the layers above check first and throw the package's typed errors.
 * Sizes are in elements. Matrices are row-major and contiguous unless strides are given.
 */

/** [batch, head, row] strides in elements; 0 broadcasts. The last axis is contiguous. */
export type Strides = readonly [number, number, number];

export const Activation = { none: 0, relu: 1, gelu: 2, geluTanh: 3 } as const;
export const ScoreKind = { product: 0, panels: 1, matrix: 2, prepared: 3, outer: 4, additive: 5 } as const;
export const EncodeOutput = {
  mean: 0,
  cls: 1,
  max: 2,
  tokens: 3,
  mean_sqrt_len: 4,
  weightedmean: 5,
  lasttoken: 6,
} as const;
export const DTypeCode = { F32: 0, F16: 1, BF16: 2 } as const;

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

export interface NativeBertModel {
  /** Bytes of native memory of its own, without the mapped weights file; 0 after `dispose`. */
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

export interface TensorReference {
  /** First byte in the file. */
  begin: number;
  /** Elements. */
  count: number;
  dtype: number;
}

/** matmul, attention or gate. */
export type BatchedOperation = {
  [K in 'matmul' | 'attention' | 'gate']: { name: K; options: NativeOperations[K] };
}['matmul' | 'attention' | 'gate'];

/**
 * Operations one after the other, of `batch` sequences that know nothing of each other: each thread carries some of
 * them through all operations. What one of the operations writes for a sequence, later ones may read for that sequence
 * only.
 */
export interface BatchedOptions {
  batch: number;
  operations: readonly BatchedOperation[];
}

export interface LoadBertOptions {
  path: string;
  config: {
    hidden: number;
    layers: number;
    heads: number;
    intermediate: number;
    vocabulary: number;
    positions: number;
    tokenTypes: number;
    epsilon: number;
    activation: number;
  };
  /** In the order of BertTensor in native/encoder/bert.h. */
  tensors: readonly TensorReference[];
  /** In the order of BertLayerTensor, layer after layer. */
  layerTensors: readonly TensorReference[];
}

export interface EncodeOptions {
  model: NativeBertModel;
  ids: Int32Array;
  offsets: Int32Array;
  output: number;
  normalize: boolean;
  out: Float32Array;
  /** [layers, heads, tokens, tokens]: where to write the attention weights of the only sequence. */
  attention?: Float32Array | null;
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
  compiler: string;
  napiVersion: number;
  /** Bytes of workspaces kept for reuse. */
  retainedBytes: number;
}

/** Every operation comes twice: at once on the calling thread, or as a Promise on the pool. */
export interface NativeOperations {
  matmul: MatmulOptions;
  int8Matmul: Int8MatmulOptions;
  softmax: SoftmaxOptions;
  attention: AttentionOptions;
  prepareScores: PrepareScoresOptions;
  layerNorm: LayerNormOptions;
  gelu: GeluOptions;
  gate: GateOptions;
  embedding: EmbeddingOptions;
  pool: PoolOptions;
  l2Normalize: NormalizeOptions;
  batched: BatchedOptions;
  encode: EncodeOptions;
}

export type OperationName = keyof NativeOperations;

type SyncOperations = { [K in OperationName]: (options: NativeOperations[K]) => void };
type AsyncOperations = {
  [K in OperationName as `${K}Async`]: (options: NativeOperations[K]) => Promise<void>;
};

export interface NativeAddon extends SyncOperations, AsyncOperations {
  info(): NativeInfo;
  setThreads(options: { threads: number }): void;
  PackedMatrix: new (options: PackOptions) => NativePackedMatrix;
  QuantizedMatrix: new (options: QuantizeOptions) => NativeQuantizedMatrix;
  loadBert(options: LoadBertOptions): NativeBertModel;
  loadBertAsync(options: LoadBertOptions): Promise<NativeBertModel>;
}
