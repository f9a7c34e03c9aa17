/** Products of matrices whose batches broadcast, beside plain loops: tfjs-backend-cpu is wrong in some of them. */
import { describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '../../lib/tfjs/index.js';

interface Matrices {
  shape: number[];
  data: number[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function matrices(shape: number[], seed: number): Matrices {
  return { shape, data: Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7 + seed * 5) % 11) - 5) };
}

/** Small integers: sums are exact in any order. */
function product(a: Matrices, b: Matrices, transposeA: boolean, transposeB: boolean): Matrices {
  const rank = Math.max(a.shape.length, b.shape.length);
  const pad = (shape: number[]) => [...Array<number>(rank - shape.length).fill(1), ...shape];
  const [left, right] = [pad(a.shape), pad(b.shape)];
  const batch = left.slice(0, -2).map((size, i) => (size === 1 ? right[i]! : size));
  const [ar, ac] = left.slice(-2) as [number, number];
  const [br, bc] = right.slice(-2) as [number, number];
  const [m, k] = transposeA ? [ac, ar] : [ar, ac];
  const n = transposeB ? br : bc;
  const data: number[] = [];
  for (let at = 0; at < sizeOf(batch); at++) {
    let [rest, aMatrix, bMatrix, aStep, bStep] = [at, 0, 0, 1, 1];
    for (let axis = batch.length - 1; axis >= 0; axis--) {
      const index = rest % batch[axis]!;
      rest = Math.floor(rest / batch[axis]!);
      if (left[axis] !== 1) aMatrix += index * aStep;
      if (right[axis] !== 1) bMatrix += index * bStep;
      aStep *= left[axis]!;
      bStep *= right[axis]!;
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let c = 0; c < k; c++) {
          const x = a.data[aMatrix * ar * ac + (transposeA ? c * ac + i : i * ac + c)]!;
          sum += x * b.data[bMatrix * br * bc + (transposeB ? j * bc + c : c * bc + j)]!;
        }
        data.push(sum);
      }
    }
  }
  return { shape: [...batch, m, n], data };
}

const BATCHES: readonly [number[], number[]][] = [
  [
    [1, 4],
    [2, 1],
  ],
  [
    [2, 1],
    [1, 4],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [2, 3],
  ],
  [[1], [5]],
  [[], [2, 2]],
  [
    [2, 1, 3],
    [1, 4, 1],
  ],
  [
    [2, 1, 3],
    [4, 3],
  ],
  [
    [2, 2],
    [2, 2],
  ],
];

const SIZES: readonly [number, number, number][] = [
  [3, 3, 3],
  [1, 2, 1],
  [2, 5, 3],
  [17, 19, 23],
];

describe.each(['float32', 'int32'] as const)('matMul of %s', (dtype) => {
  it.each(BATCHES)('batches %j by %j', async (aBatch, bBatch) => {
    await tf.setBackend('synthetic');
    for (const [m, k, n] of SIZES) {
      for (const [transposeA, transposeB] of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const a = matrices([...aBatch, ...(transposeA ? [k, m] : [m, k])], 1);
        const b = matrices([...bBatch, ...(transposeB ? [n, k] : [k, n])], 2);
        const expected = product(a, b, transposeA, transposeB);
        const before = tf.memory().numDataBuffers;
        tf.tidy(() => {
          const [x, y] = [tf.tensor(a.data, a.shape, dtype), tf.tensor(b.data, b.shape, dtype)];
          const plain = tf.matMul(x, y, transposeA, transposeB);
          expect(plain.shape).toEqual(expected.shape);
          expect([...plain.dataSync()]).toEqual(expected.data);
          // tfjs-core itself flattens the batches of fused products, and refuses those that then do not fit.
          const counts = [sizeOf(aBatch), sizeOf(bBatch)];
          if (dtype === 'int32' || (counts[0] !== counts[1] && !counts.includes(1))) return;
          const fused = tf.fused.matMul({ a: x, b: y, transposeA, transposeB, activation: 'relu' });
          expect([...fused.dataSync()]).toEqual(expected.data.map((value) => Math.max(0, value)));
        });
        expect(tf.memory().numDataBuffers).toBe(before);
      }
    }
  });
});

it('einsum broadcasts as plain loops do', async () => {
  await tf.setBackend('synthetic');
  const [a, b] = [matrices([2, 3, 4], 1), matrices([3, 4, 5], 2)];
  const [x, y] = [tf.tensor(a.data, a.shape), tf.tensor(b.data, b.shape)];
  const received = [...tf.einsum('bij,ijk->bk', x, y).dataSync()];
  const expected = Array.from({ length: 2 * 5 }, (_, at) => {
    const [row, k] = [Math.floor(at / 5), at % 5];
    let sum = 0;
    for (let ij = 0; ij < 12; ij++) sum += a.data[row * 12 + ij]! * b.data[ij * 5 + k]!;
    return sum;
  });
  expect(received).toEqual(expected);
});
