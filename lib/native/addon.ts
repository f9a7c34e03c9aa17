/**
 * The native addon's interface, typed. It checks types, ranges and lengths itself before touching memory and
 * throws an Error with code ERR_NATIVE and a `reason` (argument, memory or buffer); the layers above check first and throw the package's typed errors.
 * Sizes are in elements. Matrices are row-major and contiguous unless strides are given.
 */
import type {
  AttentionOptions,
  BinaryOptions,
  EmbeddingOptions,
  GateOptions,
  GeluOptions,
  Int8MatmulOptions,
  LayerNormGradientOptions,
  LayerNormOptions,
  LogSoftmaxGradientOptions,
  LogSoftmaxOptions,
  MatmulOptions,
  NativePackedMatrix,
  NativeQuantizedMatrix,
  NormalizeOptions,
  PackOptions,
  PoolOptions,
  PrepareScoresOptions,
  QuantizeOptions,
  QuantizeRowsOptions,
  ReduceOptions,
  ScatterAddRowsOptions,
  SoftmaxGradientOptions,
  SoftmaxOptions,
  TransposeOptions,
  UnaryOptions,
} from './operations.js';
import type {
  EncodeFailures,
  EncodeOptions,
  LoadFailure,
  LoadProgramOptions,
  NativeProgram,
} from './program.js';

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
