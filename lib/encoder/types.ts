/** The encoder's public types. */
import type { Tensor } from '../tensor/tensor.js';

/** How the hidden states of a text become one embedding; names as sentence-transformers has them. */
export type PoolingMode = 'cls' | 'mean' | 'max' | 'mean_sqrt_len' | 'weightedmean' | 'lasttoken';

/** How weights are kept and multiplied. */
export type EncoderDType = 'float32' | 'int8';

/** Numbers of an embedding; all but float32 are made from it by quantization. */
export type Precision = 'float32' | 'int8' | 'uint8' | 'binary' | 'ubinary';

/** Precisions that are not numbers of their own but steps of a range or signs. */
export type QuantizedPrecision = Exclude<Precision, 'float32'>;

/** [n, width] or [width], row-major. */
export interface QuantizedEmbeddings<P extends QuantizedPrecision = QuantizedPrecision> {
  data: P extends 'int8' | 'binary' ? Int8Array : Uint8Array;
  shape: readonly number[];
}

export type OutputValue = 'sentence' | 'token';

export type SimilarityName = 'cosine' | 'dot' | 'euclidean' | 'manhattan';

export interface EncodeProgress {
  /** Texts whose embeddings are done. */
  texts: number;
  /** Tokens computed for them, special tokens included. */
  tokens: number;
  /** Texts in all, where that is known. */
  total: number | undefined;
}

export interface EncodeOptions {
  /** At most this many texts go into one native job; by default jobs are cut by tokens alone. */
  batchSize?: number;
  /** Put before every text, as it is. */
  prompt?: string;
  /** Name of one of the model's `prompts`; by default its default_prompt_name, if it has one. */
  promptName?: string;
  /** By default what the model directory says. */
  pooling?: PoolingMode;
  /** Scale every embedding to unit length; by default what the model directory says. */
  normalize?: boolean;
  /** Keep this many leading numbers of every embedding (before it is normalized). */
  truncateDim?: number;
  /** Aborting rejects with the signal's reason; jobs that run already end in the background. */
  signal?: AbortSignal;
  /** Called after every native job, in input order. */
  onProgress?: (progress: EncodeProgress) => void;
}

/** Texts one by one or in arrays. */
export type TextSource = Iterable<string | readonly string[]> | AsyncIterable<string | readonly string[]>;

/** Consecutive texts of a stream, encoded. */
export interface EncodedBatch {
  /** [texts, dimensions], row-major. */
  embeddings: Float32Array;
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
  /**
   * Texts one by one or in arrays, of any number; batches come back in input order. Reads ahead only as far as
   * the jobs in flight need: a slow consumer slows the source down.
   */
  encodeStream(texts: TextSource, options?: EncodeOptions): AsyncGenerator<EncodedBatch, void, undefined>;
  dispose(): void;
}
