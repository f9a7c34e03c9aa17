/** Linear maps as one product of all tokens with all heads; weights are reshaped, never copied. */
import { sizeOf } from '../../tensor/shape.js';
import { tf } from '../tensorflow.js';

/** A layer's weights by their short names. */
export type ReadWeight = (name: string) => tf.Tensor | undefined;

export interface ProjectOptions {
  /** Leading axes of the kernel that are summed over, default 1. */
  inputAxes?: number;
  activation?: 'linear' | 'relu';
}

/** x [..., d_in] -> [rows, d_out] by `name`/kernel and, where there is one, `name`/bias. */
export function project(
  x: tf.Tensor,
  read: ReadWeight,
  name: string,
  { inputAxes = 1, activation = 'linear' }: ProjectOptions = {},
): tf.Tensor2D {
  const kernel = read(`${name}/kernel`)!;
  const bias = read(`${name}/bias`);
  const depth = sizeOf(kernel.shape.slice(0, inputAxes));
  const columns = sizeOf(kernel.shape.slice(inputAxes));
  const a = tf.reshape(x, [x.size / depth, depth]);
  const b = tf.reshape(kernel, [depth, columns]);
  if (bias && bias.rank > 1 && tf.getBackend() === 'wasm') {
    // Its fused product refuses a bias that was reshaped.
    const sum = tf.add(tf.matMul(a, b), tf.reshape(bias, [columns])) as tf.Tensor2D;
    return activation === 'relu' ? tf.relu(sum) : sum;
  }
  return tf.fused.matMul({
    a,
    b,
    ...(bias ? { bias: tf.reshape(bias, [columns]) } : {}),
    activation,
  }) as tf.Tensor2D;
}

/** [batch, length, heads * columns] -> [batch, heads, length, columns] */
export function splitHeads(x: tf.Tensor, batch: number, length: number, heads: number): tf.Tensor4D {
  return tf.transpose(tf.reshape(x, [batch, length, heads, -1]), [0, 2, 1, 3]) as tf.Tensor4D;
}

/** The way back. */
export function mergeHeads(x: tf.Tensor4D): tf.Tensor3D {
  const [batch, heads, length, columns] = x.shape;
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * columns]);
}
