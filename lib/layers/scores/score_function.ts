/**
 * A score function gives the logits of attention before the softmax, [batch, heads, queries, keys]. A layer is a
 * mixture of one or more of them; everything else (values, masks, softmax, output) is common to all layers.
 */
import type { ScoreSource } from '../../kernels/attention.js';
import type { Steps } from '../../kernels/run.js';
import type { TensorLike } from '../../tensor/tensor.js';
import type { WeightMap, WeightSpec } from '../layer.js';

/** [batch, length, features], as rows. */
export interface Sequence {
  data: Float32Array;
  batch: number;
  length: number;
  features: number;
}

/** The sequence as a matrix [batch * length, features], for projections. */
export function sequenceRows({ data, batch, length, features }: Sequence): TensorLike {
  return { data, shape: [batch * length, features] };
}

export interface ScoreShapes {
  heads: number;
  queryFeatures: number;
  keyFeatures: number;
}

export interface ScoreContext {
  query: Sequence;
  key: Sequence;
  heads: number;
  /** The only score function of its layer. */
  alone: boolean;
}

/** Ready for calls: weights packed, what does not depend on the input computed. */
export interface PreparedScoreFunction {
  logits(context: ScoreContext): Steps<ScoreSource>;
  dispose(): void;
}

export interface ScoreFunction {
  /** As in `MixtureSynthesizer({scores})`: 'dot-product', 'random', 'dense'. */
  readonly kind: string;
  /** Longest length it can attend; undefined for any. */
  readonly maxLength: number | undefined;
  weightSpecs(shapes: ScoreShapes): WeightSpec[];
  prepare(weights: WeightMap): PreparedScoreFunction;
}
