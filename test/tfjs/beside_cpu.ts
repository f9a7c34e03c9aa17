/** A program on this backend beside tfjs-backend-cpu. */
import { expect } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients.
import '@tensorflow/tfjs-layers';
import '../../lib/tfjs/index.js';

// Else the plain backend advertises another one.
tf.env().set('IS_TEST', true);

let seed = 0;
/** The same numbers on both backends: `compare` starts the seed anew. */
export function random(shape: number[], low = -2, high = 2): tf.Tensor {
  const array = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return low + ((high - low) * seed) / 2147483648;
  });
  return tf.tensor(array, shape);
}
export type Result = tf.Tensor | tf.Tensor[];

async function on(backend: string, program: () => Result): Promise<{ shapes: number[][]; data: number[] }> {
  await tf.setBackend(backend);
  seed = 7;
  const results = [tf.tidy(program)].flat();
  const data = results.flatMap((tensor) => [...tensor.dataSync()]);
  const shapes = results.map(({ shape }) => shape);
  tf.dispose(results);
  return { shapes, data };
}

/** Float32 sums in two orders, relative to the largest; erf and exponentials of tfjs-backend-cpu are no better. */
const TOLERANCE = 1e-5;

export async function compare(program: () => Result): Promise<void> {
  const expected = await on('cpu', program);
  const received = await on('synthetic', program);
  expect(received.shapes).toEqual(expected.shapes);
  const largest = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  received.data.forEach((x, i) => {
    if (!(Math.abs(x - expected.data[i]!) <= TOLERANCE * largest))
      expect([i, x]).toEqual([i, expected.data[i]]);
  });
}
