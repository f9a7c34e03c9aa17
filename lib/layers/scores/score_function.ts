/**
 * A score function gives the logits of attention before the softmax, [batch, heads, queries, keys]. A layer is a
 * mixture of one or more of them; everything else (values, masks, softmax, output) is common to all layers.
 */
import { ArgumentError, describe, expectation } from '../../errors.js';
import type { ScoreSource } from '../../kernels/attention.js';
import type { Steps } from '../../kernels/run.js';
import type { Scratch } from '../../kernels/scratch.js';
import type { TensorLike } from '../../tensor/tensor.js';
import type { Sequence } from '../axes.js';
import type { WeightMap, WeightSpec } from '../layer_types.js';
import type { ScoreReference, StoredScore } from './stored_score.js';

/** The sequence as a matrix [batch * length, features], for projections. */
export function sequenceRows({ data, batch, length, features }: Sequence): TensorLike {
  return { data, shape: [batch * length, features] };
}

/** Rows of new positions: [batch * length, width]. */
export interface NewRows {
  data: Float32Array;
  width: number;
}

/** Rows [batch, at least `length`, width] that were made of keys or values, in this call or in earlier ones. */
export interface KeptRows {
  data: Float32Array;
  width: number;
  /** Elements from one sequence to the next. */
  batchStride: number;
}

export interface ScoreShapes {
  heads: number;
  /** Heads of keys and values; each serves heads / keyValueHeads heads of queries. */
  keyValueHeads: number;
  queryFeatures: number;
  keyFeatures: number;
}

export interface ScoreContext {
  query: Sequence;
  heads: number;
  /** What `projectKeys` gave for all keys, those of a cache before those of this call. */
  keys: KeptRows | undefined;
  keyLength: number;
  /** Position of the first query: what a cache has seen before. */
  position: number;
  /** The only score function of its layer. */
  alone: boolean;
  /** For what does not outlive the call. */
  scratch: Scratch;
}

/** Ready for calls: weights packed, what does not depend on the input computed. */
export interface PreparedScoreFunction {
  /** What the scores need to know of the keys, [batch * length, width]; absent where they ignore the keys. */
  projectKeys?(key: Sequence, scratch: Scratch): Steps<NewRows>;
  logits(context: ScoreContext): Steps<ScoreSource>;
  /** Computes what no input changes, for a layer that has no other scores; done by the first `logits` too. */
  precompute?(): unknown;
  dispose(): void;
}

export interface ScoreFunction {
  /** A `ScoreName`, or a name of the layer's own where no mixture can have it. */
  readonly kind: string;
  /** Longest length it can attend; undefined for any. */
  readonly maxLength: number | undefined;
  weightSpecs(shapes: ScoreShapes): WeightSpec[];
  prepare(weights: WeightMap): PreparedScoreFunction;
}

/** Operands of scores in one head over all features of queries and keys as they come. */
export function oneHead({ query, keys }: ScoreContext) {
  return {
    depth: query.features,
    left: query.data,
    leftStrides: [query.length * query.features, 0, query.features] as const,
    right: keys!.data,
    rightStrides: [keys!.batchStride, 0, keys!.width] as const,
  };
}

/** For scores that look at the keys as they come. */
// biome-ignore lint/correctness/useYield: there is nothing to compute
export function* keysAsTheyCome(key: Sequence): Steps<NewRows> {
  return { data: key.data, width: key.features };
}

/** A weight that is one number, by which logits are multiplied; 1 where there is none. @throws ArgumentError */
export function scalarWeight(weights: WeightMap, name: string): number {
  const weight = weights.get(name)?.data[0] ?? 1;
  if (!Number.isFinite(weight)) {
    throw new ArgumentError(expectation(name, 'a finite number', describe(weight)));
  }
  return weight;
}

/** What a mixture knows of its score functions; each takes what it needs. */
export interface ScoreOptions {
  keyDim: number;
  useBias: boolean;
  maxLength: number;
  trainable: boolean;
  rank: number;
  hiddenDim: number;
  sharedAcrossHeads: boolean;
  factors: readonly [number, number] | null;
}

/** All that is known of a score function that a mixture may have: one in each file, all in registry.ts. */
export interface ScoreDescriptor<Name extends string = string> {
  name: Name;
  /** The class of the layer that has these scores alone. */
  layer: string;
  /** What the logits depend on; those of positions are the same for every input. */
  looksAt: 'queries and keys' | 'queries' | 'positions';
  /** Whether lengths end at `maxLength`. */
  limited: boolean;
  /** Weights and shapes, initialisers, and how it becomes native operations. */
  create(options: ScoreOptions): ScoreFunction;
  /** What a stored model has of it. */
  stored(from: StoredScore): ScoreReference;
}

/** A descriptor whose name is known to the compiler. */
export function describeScore<const Name extends string>(
  descriptor: ScoreDescriptor<Name>,
): ScoreDescriptor<Name> {
  return descriptor;
}
