/** Tensors without elements: an axis of 0 beside one of 1, in everything that broadcasts or goes along axes. */
import { afterEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '../../lib/tfjs/index.js';

tf.env().set('IS_TEST', true);
const NATIVE_SIZE = tf.env().getNumber('SYNTHETIC_NATIVE_SIZE');

afterEach(() => tf.env().set('SYNTHETIC_NATIVE_SIZE', NATIVE_SIZE));

const ones = (...shape: number[]) => tf.ones(shape);
const ids = (...values: number[]) => tf.tensor1d(values, 'int32');

/** A program, the shape of its result, and its one number where it has any. */
const PROGRAMS: readonly [string, () => tf.Tensor | tf.Tensor[], number[], number?][] = [
  ...((
    [
      ['add', tf.add],
      ['sub', tf.sub],
      ['mul', tf.mul],
      ['div', tf.div],
      ['maximum', tf.maximum],
      ['minimum', tf.minimum],
      ['squaredDifference', tf.squaredDifference],
      ['pow', tf.pow],
      ['equal', tf.equal],
      ['prelu', tf.prelu],
    ] as [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][]
  ).flatMap(([name, op]) => [
    [`${name} [0, 3] by [1, 3]`, () => op(ones(0, 3), ones(1, 3)), [0, 3]] as const,
    [`${name} [1, 3] by [0, 1]`, () => op(ones(1, 3), ones(0, 1)), [0, 3]] as const,
    [`${name} [2, 1, 3] by [0, 1]`, () => op(ones(2, 1, 3), ones(0, 1)), [2, 0, 3]] as const,
    [`${name} [0] by a number`, () => op(ones(0), ones()), [0]] as const,
  ]) as [string, () => tf.Tensor, number[]][]),
  ['addN', () => tf.addN([ones(0, 3), ones(0, 3)]), [0, 3]],
  ['where', () => tf.where(tf.ones([1, 3], 'bool'), ones(0, 3), ones(1, 3)), [0, 3]],
  ['matMul of a batch of none at the right', () => tf.matMul(ones(1, 2, 2), ones(0, 2, 1)), [0, 2, 1]],
  ['matMul of a batch of none at the left', () => tf.matMul(ones(0, 2, 2), ones(1, 2, 1)), [0, 2, 1]],
  ['matMul of a batch of none by one matrix', () => tf.matMul(ones(0, 40, 40), ones(40, 40)), [0, 40, 40]],
  ['matMul of two batches', () => tf.matMul(ones(3, 1, 2, 2), ones(1, 0, 2, 2)), [3, 0, 2, 2]],
  ['matMul transposed', () => tf.matMul(ones(1, 3, 2), ones(0, 4, 3), true, true), [0, 2, 4]],
  ['matMul of int32', () => tf.matMul(tf.ones([1, 2, 2], 'int32'), tf.ones([0, 2, 1], 'int32')), [0, 2, 1]],
  ['matMul without rows', () => tf.matMul(ones(0, 2), ones(2, 3)), [0, 3]],
  ['matMul without columns', () => tf.matMul(ones(2, 2), ones(2, 0)), [2, 0]],
  ['matMul over nothing', () => tf.matMul(ones(2, 0), ones(0, 3)), [2, 3], 0],
  ['matMul over nothing in a batch', () => tf.matMul(ones(1, 5, 0), ones(0, 0, 2)), [0, 5, 2]],
  ['fused matMul', () => tf.fused.matMul({ a: ones(1, 2, 2), b: ones(0, 2, 3), bias: ones(3) }), [0, 2, 3]],
  [
    'fused matMul over nothing',
    () => tf.fused.matMul({ a: ones(2, 0), b: ones(0, 3), bias: ones(3), activation: 'relu' }),
    [2, 3],
    1,
  ],
  ['sum over nothing', () => tf.sum(ones(2, 0, 3), 1), [2, 3], 0],
  ['sum of nothing', () => tf.sum(ones(2, 0, 3), 2), [2, 0]],
  ['mean of nothing', () => tf.mean(ones(0, 3), 1), [0]],
  ['mean over nothing', () => tf.mean(ones(0, 3), 0), [3], 0],
  ['max of nothing', () => tf.max(ones(0, 3), 1), [0]],
  ['min of nothing', () => tf.min(ones(0, 3), 1, true), [0, 1]],
  ['softmax', () => tf.softmax(ones(0, 3)), [0, 3]],
  ['softmax without columns', () => tf.softmax(ones(3, 0)), [3, 0]],
  ['transpose', () => tf.transpose(ones(2, 0, 3), [2, 1, 0]), [3, 0, 2]],
  ['gather of nothing', () => tf.gather(ones(4, 0), ids(1, 2)), [2, 0]],
  ['gather by nothing', () => tf.gather(ones(4, 3), ids()), [0, 3]],
  ['unsortedSegmentSum', () => tf.unsortedSegmentSum(ones(0, 3), ids(), 2), [2, 3], 0],
  ['concat', () => tf.concat([ones(0, 3), ones(0, 3)]), [0, 3]],
  ['concat with nothing', () => tf.concat([ones(0, 3), ones(2, 3)]), [2, 3], 1],
  ['stack', () => tf.stack([ones(0, 3), ones(0, 3)]), [2, 0, 3]],
  ['unstack', () => tf.unstack(ones(2, 0)), [0]],
  ['split', () => tf.split(ones(2, 0), 2), [1, 0]],
  ['slice', () => tf.slice(ones(2, 3), [0, 3], [2, 0]), [2, 0]],
  ['tile', () => tf.tile(ones(1, 3), [0, 1]), [0, 3]],
  ['tile of nothing', () => tf.tile(ones(0, 3), [2, 2]), [0, 6]],
  [
    'pad',
    () =>
      tf.pad(
        ones(0, 2),
        [
          [1, 1],
          [0, 0],
        ],
        1,
      ),
    [2, 2],
    1,
  ],
  ['batchNorm', () => tf.batchNorm(ones(0, 3), ones(3), ones(3)), [0, 3]],
  ['gelu', () => tf.mul(tf.mul(ones(0), 0.5), tf.add(1, tf.erf(tf.div(ones(0), Math.SQRT2)))), [0]],
  ['clip', () => tf.clipByValue(ones(0), 0, 1), [0]],
  ['cast', () => tf.cast(ones(0), 'int32'), [0]],
  [
    'attention without sequences',
    () => tf.matMul(tf.softmax(tf.matMul(ones(0, 4, 3), ones(0, 5, 3), false, true)), ones(0, 5, 2)),
    [0, 4, 2],
  ],
];

describe.each([0, NATIVE_SIZE])('with native kernels from a size of %i on', (size) => {
  it.each(PROGRAMS)('%s', async (...[, program, shape, value]) => {
    await tf.setBackend('synthetic');
    tf.env().set('SYNTHETIC_NATIVE_SIZE', size);
    const { numDataBuffers } = tf.memory();
    tf.tidy(() => {
      for (const result of [program()].flat()) {
        expect(result.shape).toEqual(shape);
        const count = shape.reduce((a, b) => a * b, 1);
        expect([...result.dataSync()]).toEqual(Array.from({ length: count }, () => value));
        // What comes next sees as many elements.
        expect(tf.add(tf.cast(result, 'float32'), 1).dataSync().length).toBe(count);
      }
    });
    expect(tf.memory().numDataBuffers).toBe(numDataBuffers);
  });
});

it('matrices that do not fit are refused, however few they are', async () => {
  await tf.setBackend('synthetic');
  expect(() => tf.matMul(ones(0, 2, 2), ones(0, 3, 1))).toThrow(/inner/i);
});
