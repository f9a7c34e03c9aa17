/** How a score function's tensors are stored in a model of this package's own format (docs/encoder.md). */
import type { ScoreOperation, TensorReference } from '../../native/program.js';
import type { Shape } from '../../tensor/shape.js';

/** y = x W^T + b. */
export interface LinearReference {
  /** [out, in]. */
  weight: TensorReference;
  bias?: TensorReference | undefined;
}

/** Scores that are made from ReLU(x W1 + b1) of a head's `depth` features. */
interface MappedScore {
  weight: number;
  length: number;
  depth: number;
  /** All heads have one `output` and `bias`. */
  shared: boolean;
  /** W1, b1: [heads * depth, hidden]. */
  hidden: LinearReference;
  /** W2: [heads, depth, length], or of outer scores [heads, depth, tile + length / tile]. */
  output: TensorReference;
  bias?: TensorReference | undefined;
}

/** One score function; `length` at least the model's positions. */
export type ScoreReference =
  /** What reads no rows is an operation's score already. */
  | Exclude<ScoreOperation, { kind: 'dot-product' | 'dense' | 'factorized-dense' }>
  | { kind: 'dot-product'; weight: number; query: LinearReference; key: LinearReference }
  | ({ kind: 'dense' } & MappedScore)
  | ({ kind: 'factorized-dense'; tile: number } & MappedScore);

/** Where a score function finds its sizes and tensors. Names of tensors are those within the score. */
export interface StoredScore {
  /** Of the group that has the score. */
  heads: number;
  /** Elements of a head. */
  size: number;
  hidden: number;
  /** Tokens a sequence may have. */
  length: number;
  /** Factor in the mixture. */
  factor: number;
  integer(key: string, fallback?: number): number;
  flag(key: string): boolean;
  /** Throws: the value under `key` is not as expected. */
  fail(key: string, expected: string): never;
  tensor(name: string, shape: Shape): TensorReference;
  optionalTensor(name: string, shape: Shape): TensorReference | undefined;
  /** Weight [out, hidden], and a bias where there is one. */
  linear(name: string, out: number): LinearReference;
}

/** What dense and factorized-dense scores share: ReLU(x W1 + b1) W2 + b2 with `columns` columns. */
export function storedMaps(from: StoredScore, columns: number): MappedScore {
  const depth = from.integer('hidden_dim');
  const shared = from.flag('shared_across_heads');
  const each = shared ? [] : [from.heads];
  return {
    weight: from.factor,
    length: from.length,
    depth,
    shared,
    hidden: from.linear('hidden', from.heads * depth),
    output: from.tensor('output', [...each, depth, columns]),
    bias: from.optionalTensor('output_bias', [...each, columns]),
  };
}
