/** One attention: everything about it but its tensors. */
import type { ScoreName } from '../../layers/scores/registry.js';
import type { Mask } from '../../tensor/tensor.js';
import type { tf } from '../tensorflow.js';
import type { Sizes } from './sizes.js';

export interface AttentionCall {
  sizes: Sizes;
  scores: readonly ScoreName[];
  /** Broadcasts to [batch, heads, queries, keys]. */
  mask: Mask | null;
  causal: boolean;
  /** w: query i attends keys with |i - j| < w. */
  slidingWindow: number | null;
  /** Factors on the attention weights, [batch, heads, queries, keys]. */
  dropout: Float32Array | null;
}

/** Its tensors. */
export interface AttentionTensors {
  /** [batch, keys, heads * valueDim] */
  value: tf.Tensor3D;
  /** Of each score function. */
  operands: readonly (readonly tf.Tensor[])[];
  /** Weight of each score function, [scores]; absent where all are 1. */
  mix: tf.Tensor1D | undefined;
}

export interface AttentionResult {
  /** [batch, queries, heads * valueDim] */
  context: tf.Tensor;
  /** The softmax before dropout, [batch, heads, queries, keys]. */
  weights: tf.Tensor | undefined;
}
