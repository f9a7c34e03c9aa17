/**
 * The encoder's public types, and the tables of names that some of them are made of. Commands, server, checks, help and
 * errors read these tables, so that a new name is written once. Only types are imported here: to read a table loads no
 * model code.
 */
import type { SyntheticAttentionError } from '../errors.js';
import type { NumberType } from '../formats/row_format.js';
import type { Tensor, TensorLike } from '../tensor/tensor.js';

/** How the hidden states of a text become one embedding; names as sentence-transformers has them. */
export const POOLING_MODES = ['cls', 'mean', 'max', 'mean_sqrt_len', 'weightedmean', 'lasttoken'] as const;

export type PoolingMode = (typeof POOLING_MODES)[number];

/** How weights are kept and multiplied. */
export const ENCODER_DTYPES = ['float32', 'int8'] as const;

export type EncoderDType = (typeof ENCODER_DTYPES)[number];

interface PrecisionRow {
  /** What an embedding's array holds. */
  numbers: NumberType;
  /** Numbers of the model in one of the array's. */
  packed: 1 | 8;
  /** Whether embeddings depend on ranges. */
  ranges: boolean;
}

/** Numbers of an embedding; all but float32 are made from it by quantization. */
export const PRECISIONS = {
  float32: { numbers: 'float32', packed: 1, ranges: false },
  int8: { numbers: 'int8', packed: 1, ranges: true },
  uint8: { numbers: 'uint8', packed: 1, ranges: true },
  binary: { numbers: 'int8', packed: 8, ranges: false },
  ubinary: { numbers: 'uint8', packed: 8, ranges: false },
} as const satisfies Record<string, PrecisionRow>;

export type Precision = keyof typeof PRECISIONS;

export const PRECISION_NAMES = Object.keys(PRECISIONS) as readonly Precision[];

/** The precisions whose embeddings depend on ranges. */
export const RANGED_PRECISIONS = PRECISION_NAMES.filter((name) => PRECISIONS[name].ranges);

/** Precisions that are not numbers of their own but steps of a range or signs. */
export type QuantizedPrecision = Exclude<Precision, 'float32'>;

/** [n, width] or [width], row-major. */
export interface QuantizedEmbeddings<P extends QuantizedPrecision = QuantizedPrecision> {
  data: P extends 'int8' | 'binary' ? Int8Array : Uint8Array;
  shape: readonly number[];
}

export const OUTPUT_VALUES = ['sentence', 'token'] as const;

export type OutputValue = (typeof OUTPUT_VALUES)[number];

export const SIMILARITIES = ['cosine', 'dot', 'euclidean', 'manhattan'] as const;

export type SimilarityName = (typeof SIMILARITIES)[number];

export interface EncodeProgress {
  /** Texts whose embeddings are done. */
  texts: number;
  /** Tokens computed for them, special tokens included. */
  tokens: number;
  /** Texts in all, where that is known. */
  total: number | undefined;
}

/** Every option of encode that does not change what kind of thing comes back. */
export interface EncodeOptions {
  /** At most this many texts go into one native job; by default jobs are cut by tokens alone. */
  batchSize?: number;
  /** Put before every text, as it is. An empty one switches off what the model would put there. */
  prompt?: string;
  /** Name of one of the model's `prompts`; by default its default_prompt_name, if it has one. */
  promptName?: string;
  /** By default what the model directory says. Several are put one after the other. */
  pooling?: PoolingMode | readonly PoolingMode[];
  /**
   * true: every embedding is scaled to unit length, last of all. false: none is, whatever the model directory says. By
   * default what the directory says, before `truncateDim`.
   */
  normalize?: boolean;
  /** Keep this many leading numbers of every embedding; by default the model's own `truncateDim`. */
  truncateDim?: number;
  precision?: 'float32';
  outputValue?: 'sentence';
  /** Aborting rejects with the signal's reason; jobs that run already end in the background. */
  signal?: AbortSignal;
  /** Called after every native job, in input order. */
  onProgress?: (progress: EncodeProgress) => void;
}

/** Embeddings in 8 bits or 1 bit a number. */
export interface QuantizedEncodeOptions<P extends QuantizedPrecision = QuantizedPrecision>
  extends Omit<EncodeOptions, 'precision'> {
  precision: P;
  /**
   * int8, uint8: [2, dimensions], the least and the greatest value of every dimension. `encode` takes them from its own
   * embeddings by default, `encodeStream` needs them.
   */
  ranges?: TensorLike;
}

/** Hidden states of all tokens instead of embeddings; what concerns embeddings has no effect. */
export interface TokenEncodeOptions extends Omit<EncodeOptions, 'outputValue'> {
  outputValue: 'token';
}

/** Of `encodeTokens`. */
export interface TokensEncodeOptions
  extends Pick<EncodeOptions, 'prompt' | 'promptName' | 'pooling' | 'normalize' | 'truncateDim'> {
  outputValue?: OutputValue;
  /**
   * Called for every sequence that has no result, whose numbers are zeros then: NonFiniteError, or FileError where the
   * weights file was changed. Without it, the call rejects with the error of the first one.
   */
  onFailure?: (index: number, error: SyntheticAttentionError) => void;
}

/** Where a text that is too long for the model loses tokens; the special ones stay. */
export const TEXT_CUTS = ['right', 'left', 'nowhere'] as const;

export type TextCut = (typeof TEXT_CUTS)[number];

/** One text as the model reads it. */
export interface TokenizedText {
  /** With special tokens, truncated. */
  ids: number[];
  /** Whether the text has more tokens than the model reads. */
  truncated: boolean;
}

/** For callers whose options are known at run time only. */
export interface AnyEncodeOptions extends Omit<EncodeOptions, 'precision' | 'outputValue'> {
  precision?: Precision;
  outputValue?: OutputValue;
  ranges?: TensorLike;
}

/** Texts one by one or in arrays. */
export type TextSource = Iterable<string | readonly string[]> | AsyncIterable<string | readonly string[]>;

/** Consecutive texts of a stream, encoded. */
export interface EncodedBatch<
  Embeddings extends Float32Array | Int8Array | Uint8Array = Float32Array<ArrayBufferLike>,
> {
  /** [texts, dimensions], row-major; of 1-bit precisions an eighth as wide. */
  embeddings: Embeddings;
  texts: number;
  tokens: number;
}

/** What `Encoder` offers; written down apart so that other parts can be built and tested against it. */
export interface TextEncoder {
  /** Length of one embedding. */
  readonly dimensions: number;
  /** Tokens a text may have, special tokens included; longer texts are truncated. */
  readonly maxLength: number;
  /** One text gives shape [dimensions], several [texts, dimensions], in input order. */
  encode(texts: string | readonly string[], options?: EncodeOptions): Promise<Tensor>;
  /** Numbers of an embedding that these options give. */
  embeddingLength(options?: EncodeOptions): number;
  /**
   * Texts one by one or in arrays, of any number; batches come back in input order. Reads ahead only as far as
   * the jobs in flight need: a slow consumer slows the source down.
   */
  encodeStream(
    texts: TextSource,
    options?: Omit<AnyEncodeOptions, 'outputValue'>,
  ): AsyncGenerator<EncodedBatch<Float32Array | Int8Array | Uint8Array>, void, undefined>;
  dispose(): void;
}
