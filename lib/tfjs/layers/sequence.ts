/** Inputs as [batch, length, features] and back, by the same reading of attentionAxes as the inference layers. */
import type { AttentionAxes, Axes } from '../../layers/axes.js';
import { axesOf } from '../../layers/axes.js';
import { inverseOrder } from '../../tensor/permute.js';
import { type Shape, sizeOf } from '../../tensor/shape.js';
import { tf } from '../tensorflow.js';

export interface TensorSequence {
  /** [batch, length, features] */
  rows: tf.Tensor3D;
  batch: number;
  length: number;
  features: number;
  axes: Axes;
}

export function toSequence(name: string, x: tf.Tensor, attentionAxes: AttentionAxes): TensorSequence {
  const axes = axesOf(name, x.shape, attentionAxes);
  const [batch, length, features] = [sizeOf(axes.batch), sizeOf(axes.length), x.shape.at(-1)!];
  const ordered = axes.ordered ? x : tf.transpose(x, [...axes.order]);
  return { rows: tf.reshape(ordered, [batch, length, features]), batch, length, features, axes };
}

/** The way back: rows [batch * length, columns] to the order of the input's axes. */
export function fromSequence(
  rows: tf.Tensor,
  { batch, length, order, ordered }: Axes,
  tail: Shape,
): tf.Tensor {
  const sorted = tf.reshape(rows, [...batch, ...length, ...tail]);
  if (ordered) return sorted;
  const back = inverseOrder(order.slice(0, -1));
  return tf.transpose(sorted, [...back, ...tail.map((_, i) => back.length + i)]);
}
