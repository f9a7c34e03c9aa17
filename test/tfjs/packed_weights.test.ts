/** Weights that are multiplied again and again are packed once, and nobody can tell by the numbers. */
import { afterAll, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '../../lib/tfjs/index.js';
import { addon } from '../../lib/native/load.js';

const [M, K, N] = [48, 80, 96];
const matmul = jest.spyOn(addon(), 'matmul');
/** Whether each product so far had its weights packed. */
const packedOnes = () => matmul.mock.calls.map(([options]) => options.packed !== null);

beforeAll(() => tf.setBackend('synthetic'));
beforeEach(() => {
  matmul.mockClear();
});
afterAll(() => matmul.mockRestore());

const input = () => tf.randomNormal<tf.Rank.R2>([M, K], 0, 1, 'float32', 1);
const weights = () => tf.randomNormal<tf.Rank.R2>([K, N], 0, 1, 'float32', 2);
const read = (tensor: tf.Tensor) => [...tensor.dataSync()];

const PRODUCTS: [string, (x: tf.Tensor2D, w: tf.Tensor2D) => tf.Tensor][] = [
  ['matMul', (x, w) => tf.matMul(x, w)],
  ['matMul with B transposed', (x, w) => tf.matMul(x, tf.reshape(w, [N, K]) as tf.Tensor2D, false, true)],
  ['fused.matMul', (a, b) => tf.fused.matMul({ a, b, bias: tf.linspace(-1, 1, N), activation: 'relu' })],
  ['a bias and relu that follow', (x, w) => tf.relu(tf.add(tf.matMul(x, w), tf.linspace(-1, 1, N)))],
];

it.each(PRODUCTS)('%s: from the second time on, to the same bits', (_, product) => {
  const [x, w] = [input(), weights()];
  const first = read(product(x, w));
  for (let i = 0; i < 3; i++) expect(read(product(x, w))).toEqual(first);
  expect(packedOnes()).toEqual([false, true, true, true]);
  tf.dispose([x, w]);
});

it('a weight of other values is another one', () => {
  const x = input();
  const w = tf.variable(weights());
  const products = [0, 1, 2].map(() => {
    const result = read(tf.matMul(x, w));
    w.assign(tf.mul(w, 2) as tf.Tensor2D);
    return result;
  });
  expect(products[1]).toEqual(products[0]!.map((value) => 2 * value));
  expect(products[2]).toEqual(products[0]!.map((value) => 4 * value));
  expect(packedOnes()).toEqual([false, false, false]);
  tf.dispose([x, w]);
});

it('is one of the form that was asked for, there and back as in training', () => {
  const [x, w] = [input(), weights()];
  const y = tf.randomNormal<tf.Rank.R2>([M, N], 0, 1, 'float32', 3);
  const products = () => [read(tf.matMul(x, w)), read(tf.matMul(y, w, false, true))];
  const first = products();
  for (let i = 0; i < 3; i++) expect(products()).toEqual(first);
  expect(packedOnes()).toEqual(Array(8).fill(false));
  // Twice each: the second of them is packed, and another one than before.
  const twice = () => products().concat([read(tf.matMul(y, w, false, true)), read(tf.matMul(x, w))]);
  for (let i = 0; i < 2; i++) expect(twice()).toEqual([...first, first[1], first[0]]);
  expect(packedOnes().slice(8)).toEqual([false, false, true, false, true, false, true, false]);
  tf.dispose([x, w, y]);
});

it('values that somebody has in hand, and may write to, count as they are', () => {
  const [x, w] = [input(), weights()];
  const before = [0, 1].map(() => read(tf.matMul(x, w)));
  w.dataSync().fill(0);
  expect(before[0]).toEqual(before[1]);
  expect(read(tf.matMul(x, w))).toEqual(Array(M * N).fill(0));
  tf.dispose([x, w]);
});

it.each<[string, (w: tf.Tensor) => void]>([
  ['the weight goes', (w) => w.dispose()],
  ['somebody has its values in hand', (w) => void w.dataSync()],
])('is given back when %s', (_, end) => {
  const native = addon();
  const { PackedMatrix } = native;
  const disposed = jest.fn();
  native.PackedMatrix = class extends PackedMatrix {
    override dispose(): void {
      disposed();
      super.dispose();
    }
  };
  const [x, w] = [input(), weights()];
  for (let i = 0; i < 3; i++) read(tf.matMul(x, w));
  expect(disposed).not.toHaveBeenCalled();
  end(w);
  expect(disposed).toHaveBeenCalledTimes(1);
  tf.dispose([x, w]);
  native.PackedMatrix = PackedMatrix;
});

it('a small one is not worth it', () => {
  const x = tf.ones<tf.Rank.R2>([512, 32]);
  const w = tf.ones<tf.Rank.R2>([32, 32]);
  for (let i = 0; i < 3; i++) read(tf.matMul(x, w));
  expect(packedOnes()).toEqual([false, false, false]);
  tf.dispose([x, w]);
});
