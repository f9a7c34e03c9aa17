/**
 * Programs as native code takes them, see native/program: a forward pass as a list of operations over buffers that have
 * one row a token. Loading checks that all sizes fit, that no buffer is read before it is written and that no operation
 * overwrites what it reads.
 */

export const EncodeOutput = {
  mean: 0,
  cls: 1,
  max: 2,
  tokens: 3,
  mean_sqrt_len: 4,
  weightedmean: 5,
  lasttoken: 6,
} as const;
export const DTypeCode = { F32: 0, F16: 1, BF16: 2, I8: 3 } as const;
export interface NativeProgram {
  /** Bytes of native memory of its own, without the words read so far; 0 after `dispose`. */
  readonly bytes: number;
  dispose(): void;
}

/** A tensor in one of the weights files. */
export interface TensorReference {
  /** Index of its path; default 0. */
  file?: number;
  /** First byte in the file. */
  begin: number;
  /** Elements. */
  count: number;
  dtype: number;
  /** I8: first byte of the float32 scales, one a row. */
  scalesBegin?: number;
}

/** Columns of a buffer. */
export interface Columns {
  /** Index into the program's buffers. */
  buffer: number;
  /** Default 0. */
  first?: number;
  /** Default: all from `first` on. */
  count?: number;
}

/** W [maps, depth, columns] and b [maps, columns]: a map a head, or one for all. */
interface HeadMapsReference {
  shared?: boolean;
  output: TensorReference;
  bias?: TensorReference | undefined;
}

/** A score function of attention, see native/scores; `length` at least the program's positions. */
export type ScoreOperation = { weight: number } & (
  | { kind: 'dot-product'; queries: Columns; keys: Columns }
  | { kind: 'random'; length: number; matrix: TensorReference }
  | {
      kind: 'factorized-random';
      length: number;
      depth: number;
      left: TensorReference;
      right: TensorReference;
    }
  | ({ kind: 'dense'; length: number; hidden: Columns } & HeadMapsReference)
  | { kind: 'factorized-dense'; length: number; tile: number; factors: Columns }
  | { kind: 'relative'; buckets: number; index: Int32Array; table: TensorReference }
);

/** One operation; `out` is all columns of a buffer, written over. */
export type Operation =
  | {
      name: 'embed';
      out: Columns;
      /** [vocabulary, columns] */
      words: TensorReference;
      /** [positions, columns] */
      positions?: TensorReference | undefined;
      /** [columns], added to every token. */
      tokenType?: TensorReference | undefined;
      /** Keep the words in 8 bits. */
      int8?: boolean;
    }
  | {
      name: 'linear';
      in: Columns;
      out: Columns;
      residual?: Columns;
      /** Of Activation. */
      activation?: number;
      /** Keep 8 bits a weight and multiply 8-bit numbers. */
      int8?: boolean;
      /** Side by side in `out`: weight [columns, columns of `in`], bias [columns]. */
      parts: readonly {
        columns: number;
        weight: TensorReference;
        bias?: TensorReference | undefined;
      }[];
    }
  | ({ name: 'headLinear'; heads: number; in: Columns; out: Columns } & HeadMapsReference)
  | {
      name: 'norm';
      kind: 'layer' | 'rms';
      in: Columns;
      /** May be `in`. */
      out: Columns;
      /** Parts of a row that are normalised by themselves; default 1. */
      groups?: number;
      epsilon: number;
      /** [columns of a group] */
      gamma: TensorReference;
      beta?: TensorReference | undefined;
    }
  /** In place: heads of `rows` turn by a table of the program's `rotary`. */
  | { name: 'rotary'; table: number; heads: number; rows: Columns }
  /** In place: the first half of `rows` becomes activation(first half) * second half. */
  | { name: 'glu'; activation: number; rows: Columns }
  | {
      name: 'attention';
      heads: number;
      /** Default `heads`. */
      kvHeads?: number;
      /** [kvHeads, size of a head] */
      value: Columns;
      out: Columns;
      /** Keys before and after the query that it attends to; -1, the default, is no limit. */
      before?: number;
      after?: number;
      /** Heads in order; each group has a mixture of score functions of its own. */
      groups: readonly { heads: number; scores: readonly ScoreOperation[] }[];
    };

export interface Program {
  vocabulary: number;
  /** Tokens a sequence may have. */
  positions: number;
  /** Columns of each. */
  buffers: Int32Array;
  /** `size` leading elements of a head turn by theta^(-2 i / size) / divisor. */
  rotary: readonly { size: number; theta: number; divisor: number }[];
  operations: readonly Operation[];
  /** Operations as they are applied. */
  order: Int32Array;
  /** The buffer with the rows that are wanted. */
  result: number;
}

export interface LoadProgramOptions extends Program {
  paths: readonly string[];
  /** [paths, 5]: device, inode, size, times of modification and of any change (ns) of files whose headers were read. */
  states?: BigInt64Array;
}

export interface EncodeOptions {
  program: NativeProgram;
  ids: Int32Array;
  offsets: Int32Array;
  output: number;
  /** Leading tokens that averages and maxima leave out; default 0. */
  skip?: number;
  normalize: boolean;
  out: Float32Array;
  /** [attentions, heads, tokens, tokens]: where to write the attention weights of the only sequence. */
  attention?: Float32Array | null;
}

/** What is wrong with the files of a model, where `states` tells what they were. */
export interface LoadFailure {
  /** A sentence. */
  problem?: string;
  /** Where a tensor begins that holds NaN or an infinity. */
  notFinite?: { file: number; begin: number };
}

/** Sequences of a batch that have no result; their rows are zeros. */
export interface EncodeFailures {
  /** A number of theirs is NaN or infinite. */
  notFinite: number[];
  /** A word of theirs could not be read from the weights file. */
  unread: number[];
  /** Why not, a sentence. */
  problem: string;
}
