/** Kernels of the backend beside those of tfjs-backend-cpu, at sizes and in forms that tfjs-core's own tests leave out. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { compare, type Result, random } from './beside_cpu.js';

const ids = (values: number[]) => tf.tensor1d(values, 'int32');

const fused =
  (activation: tf.fused.Activation, bias: number[] | undefined, transposeA = false) =>
  () =>
    tf.fused.matMul({
      a: random(transposeA ? [2, 40, 30] : [2, 30, 40]) as tf.Tensor3D,
      b: random([2, 40, 20]) as tf.Tensor3D,
      transposeA,
      ...(bias ? { bias: random(bias) } : {}),
      activation,
      ...(activation === 'prelu' ? { preluActivationWeights: random([1, 20]) } : {}),
      leakyreluAlpha: 0.3,
    });

const ACTIVATIONS = ['linear', 'relu', 'elu', 'relu6', 'sigmoid', 'leakyrelu', 'prelu'] as const;

const CASES: Record<string, () => Result> = {
  ...Object.fromEntries(ACTIVATIONS.map((name) => [`fused product, ${name}`, fused(name, [20])])),
  'fused product, bias of all': fused('relu', [2, 30, 20]),
  'fused product, bias of rows': fused('linear', [30, 1]),
  'fused product, bias of a number': fused('elu', [1]),
  'fused product without bias, transposed': fused('sigmoid', undefined, true),
  'product with one right side': () => tf.matMul(random([5, 9, 33]), random([33, 17])),
  'product with one left side, transposed': () => tf.matMul(random([1, 33, 9]), random([5, 33, 17]), true),
  'product transposed twice': () => tf.matMul(random([4, 33, 9]), random([4, 17, 33]), true, true),
  'broadcast of a column and a row': () => tf.div(random([40, 1], 1, 2), random([1, 50], 1, 2)),
  'broadcast in the middle': () => tf.sub(random([6, 1, 7]), random([6, 8, 7])),
  'broadcast of more dimensions than the native loop has': () =>
    tf.add(random([2, 1, 3, 1, 2, 1]), random([1, 4, 1, 3, 1, 5])),
  'sum of many': () => tf.addN([random([300]), random([300]), random([300])]),
  powers: () => [2, 3, 0.5, -1].map((p) => tf.pow(random([300], 0.1, 3), p)),
  limits: () => tf.clipByValue(random([300]), -0.5, 1),
  'reductions over parted axes': () => [
    tf.sum(random([5, 6, 7, 8]), [0, 2]),
    tf.mean(random([5, 6, 7, 8]), [1, 3], true),
    tf.max(random([5, 6, 7, 8]), [0, 3]),
    tf.min(random([5, 6, 7, 8]), [-2]),
  ],
  'axes in other orders': () =>
    [
      [5, 4, 3, 2, 1, 0],
      [0, 2, 1, 3, 5, 4],
      [0, 1, 2, 3, 4, 5],
    ].map((order) => tf.transpose(random([2, 3, 1, 4, 2, 5]), order)),
  'axes of integers': () => tf.transpose(tf.cast(random([9, 40], 0, 100), 'int32')),
  parts: () => [
    ...tf.split(random([6, 10, 4]), [3, 7], 1),
    ...tf.unstack(random([3, 4, 5]), 1),
    tf.slice(random([6, 7, 8]), [1, 2, 3], [2, 3, 4]),
  ],
  joined: () => [
    tf.concat([random([3, 2, 5]), random([3, 40, 5])], 1),
    tf.stack([random([6, 9]), random([6, 9])], -1),
    tf.concat([tf.cast(random([30], 0, 9), 'int32'), ids([1, 2])]),
  ],
  'repeated and padded': () => [
    tf.tile(random([3, 1, 4]), [2, 5, 3]),
    tf.pad(
      random([5, 6]),
      [
        [2, 1],
        [0, 3],
      ],
      1.5,
    ),
    tf.tile(tf.cast(random([5, 6], 0, 2), 'bool'), [2, 2]),
  ],
  'batch normalisation': () =>
    tf.batchNorm(random([4, 5, 60]), random([60]), random([60], 0.1, 2), random([60]), random([60])),
  'rows by index': () =>
    tf.gather(
      random([9, 40]),
      tf.tensor2d(
        [
          [8, 0],
          [3, 3],
        ],
        [2, 2],
        'int32',
      ),
    ),
  'columns by index': () => tf.gather(random([9, 40]), ids([39, 0, 7]), 1),
  'rows added to rows': () => tf.unsortedSegmentSum(random([6, 50]), ids([3, 0, -1, 3, 9, 0]), 4),
  choice: () => tf.where(tf.greater(random([20, 20]), 0), random([20, 20]), random([20, 20])),
  'integers to numbers and back': () => [
    tf.add(tf.cast(tf.cast(random([300], -9, 9), 'int32'), 'float32'), 0.5),
    tf.cast(random([300], -9, 9), 'bool'),
  ],
  'softmax of multiplied logits': () =>
    [0.25, -0.25, 4].map((scale) => tf.softmax(tf.mul(tf.add(random([6, 50]), random([6, 50])), scale))),
  'linear layers': () => {
    const product = tf.matMul(random([40, 30]), random([30, 20]));
    const [bias, rest] = [random([20]), random([40, 20])];
    const linear = tf.add(product, bias);
    const gelu = tf.mul(tf.mul(linear, 0.5), tf.add(tf.erf(tf.mul(linear, Math.SQRT1_2)), 1));
    return [
      tf.relu(linear),
      tf.add(rest, linear),
      tf.add(bias, tf.add(product, bias)),
      gelu,
      product,
      linear,
    ];
  },
  'linear layers of integers, of numbers and of themselves': () => {
    const x = tf.cast(tf.cast(random([8, 8], -9, 9), 'int32'), 'float32');
    const square = tf.matMul(x, x);
    return [tf.add(square, square), tf.relu(tf.add(square, 1)), tf.add(square, random([8, 1]))];
  },
  'layer normalisation in parts': () => {
    const x = tf.add(random([3, 5, 40]), random([3, 5, 40]));
    const mean = tf.mean(x, -1, true);
    const centered = tf.sub(x, mean);
    const variance = tf.mean(tf.square(centered), -1, true);
    const more = tf.add(variance, 1e-3);
    const normal = tf.mul(centered, tf.rsqrt(more));
    const gamma = random([40]);
    const scaled = tf.mul(gamma, normal);
    const twice = tf.mul(scaled, gamma);
    const shifted = tf.add(tf.add(scaled, random([1, 40])), random([40]));
    const divided = tf.div(centered, tf.sqrt(tf.add(1e-3, variance)));
    const unlike = [
      tf.mul(centered, tf.sqrt(more)),
      tf.div(centered, tf.rsqrt(more)),
      tf.mul(tf.sub(mean, x), tf.rsqrt(more)),
      tf.mul(centered, tf.rsqrt(variance)),
      tf.add(normal, random([3, 5, 1])),
      tf.mul(tf.sub(x, tf.mean(tf.square(x), -1, true)), tf.rsqrt(more)),
      tf.mul(tf.add(x, x), tf.rsqrt(more)),
    ];
    return [shifted, twice, scaled, divided, normal, ...unlike, more, variance, centered, mean];
  },
  'layer normalisation of a square': () => {
    const x = tf.add(random([40, 40]), 1);
    const centered = tf.sub(x, tf.mean(x, 1, true));
    const root = tf.sqrt(tf.add(tf.mean(tf.square(centered), 1, true), 0.1));
    return [
      tf.div(centered, root),
      tf.div(centered, tf.transpose(root)),
      tf.sub(x, tf.reshape(tf.mean(x, 1, true), [1, 40])),
    ];
  },
  'linear layers in other shapes': () => {
    const product = tf.matMul(random([20, 30]), random([30, 20]));
    const column = tf.matMul(random([6, 5]), random([5, 1]));
    return [
      tf.add(tf.reshape(product, [20, 4, 5]), random([20, 4, 5])),
      tf.add(tf.reshape(product, [40, 10]), random([10])),
      tf.add(tf.reshape(product, [20, 20, 1]), random([20])),
      tf.add(column, random([1, 6])),
      tf.add(column, random([1])),
    ];
  },
  'gradients of linear layers': () => {
    const { grads } = tf.valueAndGrads((x, w, b) =>
      tf.sum(tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b))),
    )([random([40, 30]), random([30, 20]), random([20])]);
    return grads;
  },
  'gradient of a repetition': () =>
    tf.grad((x) => tf.tile(x, [2, 1, 3]))(random([3, 4, 5]), random([6, 4, 15])),
  'gradients of an embedding': () =>
    tf.grad((x) => tf.gather(x as tf.Tensor2D, ids([1, 1, 5])))(random([7, 30]), random([3, 30])),
};

describe('kernels', () => {
  beforeAll(() => tf.env().set('SYNTHETIC_NATIVE_SIZE', 0));

  it.each(Object.keys(CASES))('%s', (name) => compare(CASES[name]!));

  it('products broadcast on both sides', async () => {
    await tf.setBackend('synthetic');
    const [a, b] = [random([2, 1, 4, 5]), random([3, 5, 6])];
    const product = tf.matMul(a, b);
    expect(product.shape).toEqual([2, 3, 4, 6]);
    const [left, right] = [tf.slice(a, [1], [1]), tf.slice(b, [2], [1])];
    const part = tf.matMul(tf.reshape(left, [4, 5]), tf.reshape(right, [5, 6]));
    expect(tf.slice(product, [1, 2], [1, 1]).dataSync()).toEqual(part.dataSync());
  });

  it('say what is wrong in the words of TensorFlow.js', async () => {
    await tf.setBackend('synthetic');
    expect(() => tf.gather(random([4, 50]), ids([4]))).toThrow(
      'GatherV2: the index value 4 is not in [0, 3]',
    );
    expect(() => tf.matMul(random([3, 4]), random([5, 6]))).toThrow('Error in matMul: inner shapes');
    expect(() => tf.add(random([3]), random([4]))).toThrow('could not be broadcast');
  });
});
