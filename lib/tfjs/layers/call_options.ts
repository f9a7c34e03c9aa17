/** Options of a call: those of the inference layers, with masks as tensors, and TensorFlow.js' own `mask`. */

import type { Axes } from '../../layers/axes.js';
import { type AttentionMasks, combineMasks } from '../../layers/masks.js';
import { checkOptions, optionNames } from '../../options.js';
import { checkBoolean } from '../../tensor/shape.js';
import type { Mask } from '../../tensor/tensor.js';
import type { tf } from '../tensorflow.js';
import { type MaskInput, readMask } from './read_mask.js';

export interface TrainableCallOptions {
  /** [batch, queries], or one for each input: what TensorFlow.js passes on from Embedding({maskZero: true}). */
  mask?: tf.Tensor | readonly (tf.Tensor | null | undefined)[] | null;
  /** [batch, queries]: rows that attend. */
  queryMask?: MaskInput | null;
  /** [batch, keys]: positions that may be attended. */
  valueMask?: MaskInput | null;
  keyMask?: MaskInput | null;
  /** [queries, keys], [batch, queries, keys] or [batch, heads, queries, keys]. */
  attentionMask?: MaskInput | null;
  useCausalMask?: boolean;
  /** Also return the softmax, [batch, heads, queries, keys]. */
  returnAttentionScores?: boolean;
  /** Apply dropout. */
  training?: boolean;
}

const MASKS = ['queryMask', 'valueMask', 'keyMask', 'attentionMask'] as const;
const FLAGS = ['useCausalMask', 'returnAttentionScores', 'training'] as const;

const OPTIONS = optionNames<keyof TrainableCallOptions>()('mask', ...MASKS, ...FLAGS);

export interface CallFlags {
  useCausalMask: boolean;
  returnAttentionScores: boolean;
  training: boolean;
}

export function readFlags(options: TrainableCallOptions): CallFlags {
  return Object.fromEntries(
    FLAGS.map((name) => [name, checkBoolean(name, options[name] ?? false)]),
  ) as unknown as CallFlags;
}

/** Refuses what the layer would ignore. TensorFlow.js adds options of its own to the calls of a model's layers. */
export function checkOptionNames(options: object): void {
  checkOptions('call', OPTIONS, options);
}

/** What TensorFlow.js knows of a tensor that an Embedding with maskZero made. */
function keptMask(x: tf.Tensor): tf.Tensor | undefined {
  return (x as { kerasMask?: tf.Tensor }).kerasMask ?? undefined;
}

/** The mask that came with the query: of the call, or kept with the tensor. */
export function queryMaskOf(
  inputs: readonly tf.Tensor[],
  mask: TrainableCallOptions['mask'],
): tf.Tensor | undefined {
  const given = Array.isArray(mask) ? mask[0] : mask;
  return (given as tf.Tensor | null | undefined) ?? keptMask(inputs[0]!);
}

/** @returns broadcastable to [batch, heads, queries, keys]; null when nothing is masked */
export function readMasks(
  inputs: readonly tf.Tensor[],
  options: TrainableCallOptions,
  axes: { query: Axes; key: Axes; heads: number },
): Mask | null {
  const { mask } = options;
  const own = queryMaskOf(inputs, mask);
  const ofInput = (i: number): tf.Tensor | undefined => {
    if (inputs.length === 1) return own;
    if (inputs[i] === undefined) return undefined;
    return (Array.isArray(mask) ? (mask[i] as tf.Tensor | null) : null) ?? keptMask(inputs[i]!);
  };
  const implied = { queryMask: own, valueMask: ofInput(1), keyMask: ofInput(2), attentionMask: undefined };
  const masks: AttentionMasks = {};
  for (const name of MASKS) {
    const value = options[name] ?? implied[name];
    if (value !== undefined && value !== null) masks[name] = readMask(name, value);
  }
  return combineMasks(masks, axes);
}
