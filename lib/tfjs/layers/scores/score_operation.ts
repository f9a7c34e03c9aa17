/**
 * A score function while it learns: the tensors that its logits are made of, the logits as plain TensorFlow.js
 * operations, and the same natively with a gradient. Its weights are those of the inference layer's score function.
 */
import type { ScoreSourceOptions } from '../../../native/operations.js';
import type { tf } from '../../tensorflow.js';
import type { Workspace } from '../fused/workspace.js';
import type { ReadWeight } from '../project.js';
import type { TensorSequence } from '../sequence.js';
import type { Sizes } from '../sizes.js';

export interface ScoreInputs {
  query: TensorSequence;
  key: TensorSequence;
  sizes: Sizes;
  read: ReadWeight;
}

/** An operand as the native kernels see it. */
export interface Operand {
  data: Float32Array;
  shape: readonly number[];
}

/** What the gradient of one score function is computed from. */
export interface ScoreGradientCall {
  work: Workspace;
  operands: readonly Operand[];
  sizes: Sizes;
  /** Gradient of the logits, [batch, heads, queries, keys]. */
  logits: Float32Array;
  /** Pairs of queries and keys that are not masked, as the logits; only where something that is not finite is masked. */
  seen: Uint8Array | undefined;
  /** The same summed over the batch, [heads, queries, keys]; computed once for all that ask. */
  batchSum(): Float32Array;
}

export interface NativeSource {
  options: ScoreSourceOptions;
  /** Frees what was made for this call. */
  dispose?(): void;
}

export interface ScoreOperation {
  /** The differentiable tensors of which the logits are a function, of exactly the call's sizes. */
  operands(inputs: ScoreInputs): tf.Tensor[];
  /**
   * [batch or 1, heads, queries, keys]
   * @param allowed where the logits count; undefined for everywhere
   */
  compose(operands: readonly tf.Tensor[], sizes: Sizes, allowed: tf.Tensor | undefined): tf.Tensor4D;
  source(operands: readonly Operand[], sizes: Sizes): NativeSource;
  /** Of the operands, in their order, for logits with weight 1. */
  gradient(call: ScoreGradientCall): Float32Array[];
  /**
   * Operands in which the logits are linear, taken together: sum gradient * operand over them is
   * sum logits' gradient * logits (Euler), which the weight of a mixture needs, without the logits.
   */
  readonly linear: readonly number[];
}
