/** Arrays of disposed tensors are used again, those that somebody holds are not. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { random } from './beside_cpu.js';

describe('arrays', () => {
  const pooled = () => (tf.memory() as unknown as { numBytesInPool: number }).numBytesInPool;
  const made = () => tf.add(random([10, 100]), random([10, 100]));

  beforeAll(async () => {
    await tf.setBackend('synthetic');
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 256);
  });

  it('of disposed tensors are kept, not those that were read or given', () => {
    const bytes = 4000;
    const before = pooled();
    const [kept, read, given] = [made(), made(), random([10, 100])];
    const start = pooled();
    given.dispose();
    expect(pooled()).toBe(start);
    read.dataSync();
    read.dispose();
    expect(pooled()).toBe(start);
    kept.dispose();
    expect(pooled()).toBe(start + bytes);
    expect(start).toBeLessThanOrEqual(before);
  });

  it('are kept when the last tensor that lies in them is gone', () => {
    const whole = made();
    const rows = tf.slice(whole, [2, 0], [3, 100]);
    const start = pooled();
    whole.dispose();
    expect(pooled()).toBe(start);
    rows.dispose();
    expect(pooled()).toBe(start + 4000);
  });

  it('that were read through a part are not kept', () => {
    const whole = made();
    const rows = tf.slice(whole, [2, 0], [3, 100]);
    rows.dataSync();
    const start = pooled();
    tf.dispose([whole, rows]);
    expect(pooled()).toBe(start);
  });

  it('may be written to by who read them: what was put off is computed before', () => {
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
    const x = made();
    const [double, shifted] = [tf.mul(x, 2), tf.add(tf.mul(x, 3), 1)];
    const array = x.dataSync();
    const first = array[0]!;
    array.fill(0);
    expect(double.dataSync()[0]).toBe(Math.fround(first * 2));
    expect(shifted.dataSync()[0]).toBeCloseTo(first * 3 + 1, 5);
  });

  it('are computed in time where one operation after the other is put off', () => {
    const average = tf.variable(made());
    const first = average.dataSync().slice();
    const start = pooled();
    for (let i = 0; i < 20_000; i++) tf.tidy(() => average.assign(tf.mul(average, 0.9999)));
    expect(pooled() - start).toBeLessThan(20 * 4000);
    const last = average.dataSync();
    expect(last[3]).toBeCloseTo(first[3]! * 0.9999 ** 20_000, 3);
    average.dispose();
  });

  it('outlive their tensor for what was put off', () => {
    const x = made();
    const copy = x.clone();
    const double = tf.mul(copy, 2);
    const expected = [...tf.add(copy, copy).dataSync()];
    tf.dispose([x, copy]);
    made().dispose();
    expect([...double.dataSync()]).toEqual(expected);
  });

  it('move to another backend and back', async () => {
    const x = tf.mul(made(), 2);
    await tf.setBackend('cpu');
    const there = tf.add(x, 1);
    await tf.setBackend('synthetic');
    const back = tf.sub(there, x);
    for (const one of back.dataSync()) expect(one).toBeCloseTo(1, 5);
  });
});
