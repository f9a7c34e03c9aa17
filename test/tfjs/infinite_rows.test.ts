/** Logits of -Infinity: one rule for all sizes, that of tfjs-backend-cpu. */
import { afterEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import '../../lib/tfjs/index.js';

tf.env().set('IS_TEST', true);
const NATIVE_SIZE = tf.env().getNumber('SYNTHETIC_NATIVE_SIZE');
const LOW = Number.NEGATIVE_INFINITY;

afterEach(() => tf.env().set('SYNTHETIC_NATIVE_SIZE', NATIVE_SIZE));

async function on(backend: string, nativeSize: number, program: () => tf.Tensor): Promise<number[]> {
  await tf.setBackend(backend);
  tf.env().set('SYNTHETIC_NATIVE_SIZE', nativeSize);
  return tf.tidy(() => [...program().dataSync()]);
}

/** NaN and 0 stand where they stand on tfjs-backend-cpu, and other numbers are near. */
async function expectSame(program: () => tf.Tensor): Promise<number[]> {
  const expected = await on('cpu', NATIVE_SIZE, program);
  for (const size of [0, NATIVE_SIZE]) {
    const received = await on('synthetic', size, program);
    const wrong = received.findIndex(
      (x, i) => !Object.is(x, expected[i]) && !(Math.abs(x - expected[i]!) < 1e-5),
    );
    expect([size, wrong, received[wrong], expected[wrong]]).toEqual([size, -1, undefined, undefined]);
    expect(received.length).toBe(expected.length);
  }
  return expected;
}

describe.each([2, 7, 300])('softmax of %i columns', (columns) => {
  it.each([1, 40])('in %i rows, each third of them all -Infinity', async (rows) => {
    const data = Float32Array.from({ length: rows * columns }, (_, i) => {
      const row = Math.floor(i / columns);
      return row % 3 === 0 || i % columns === row % 2 ? LOW : (i % 5) - 2;
    });
    const softmax = await expectSame(() => tf.softmax(tf.tensor(data, [rows, columns])));
    expect(softmax.slice(0, columns).every(Number.isNaN)).toBe(true);
    // With a factor, which is a part of the same pass.
    await expectSame(() => tf.softmax(tf.mul(tf.tensor(data, [rows, columns]), 0.5)));
  });

  it('inside attention as people write it', async () => {
    const [batch, queries] = [2, 20];
    const q = Float32Array.from({ length: batch * queries }, (_, i) => [1, LOW, -1, Number.NaN, 0][i % 5]!);
    for (const key of [LOW, 1, Number.NaN]) {
      const k = Float32Array.from({ length: batch * columns }, (_, i) => (i < columns ? key : 1 + (i % 3)));
      for (const value of [0, 1]) {
        await expectSame(() => {
          const [query, keys] = [tf.tensor(q, [batch, queries, 1]), tf.tensor(k, [batch, columns, 1])];
          const values = tf.fill([batch, columns, 4], value);
          return tf.matMul(tf.softmax(tf.mul(tf.matMul(query, keys, false, true), 0.5)), values);
        });
      }
    }
  });

  it('inside attention whose values are all 0', async () => {
    await expectSame(() => {
      const [query, keys] = [tf.ones([1, 20, 3]), tf.ones([1, columns, 3])];
      return tf.matMul(tf.softmax(tf.matMul(query, keys, false, true)), tf.zeros([1, columns, 4]));
    });
  });
});
