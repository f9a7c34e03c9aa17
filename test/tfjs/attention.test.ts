/** Attention as people write it in TensorFlow.js, recognised and done by the native one. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { addon } from '../../lib/native/load.js';
import { compare, type Result, random } from './beside_cpu.js';

describe('attention as people write it', () => {
  const [q, k, v] = [
    [2, 3, 40, 8],
    [2, 3, 50, 8],
    [2, 3, 50, 6],
  ] as const;
  beforeEach(async () => {
    await tf.setBackend('synthetic');
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
  });

  const logitsOf = () => tf.matMul(random([...q]), random([...k]), false, true);
  const forms: Record<string, () => Result> = {
    plain: () => tf.matMul(tf.softmax(logitsOf()), random([...v])),
    scaled: () => tf.matMul(tf.softmax(tf.mul(logitsOf(), 0.3)), random([...v])),
    'of queries that were scaled': () =>
      tf.matMul(
        tf.softmax(tf.matMul(tf.div(random([...q]), 3), random([...k]), false, true)),
        random([...v]),
      ),
    'of one batch': () => {
      const x = random([40, 8]) as tf.Tensor2D;
      return tf.matMul(tf.softmax(tf.matMul(x, x, false, true)), x);
    },
    'with its batch in another shape': () =>
      tf.matMul(tf.reshape(tf.softmax(logitsOf()), [6, 40, 50]), random([6, 50, 6])),
  };
  const others: Record<string, () => Result> = {
    'with weights that are read': () => {
      const weights = tf.softmax(logitsOf());
      return [weights, tf.matMul(weights, random([...v]))];
    },
    'with logits that are read': () => {
      const logits = logitsOf();
      return [tf.matMul(tf.softmax(logits), random([...v])), logits];
    },
    'with a negative factor': () => tf.matMul(tf.softmax(tf.mul(logitsOf(), -0.3)), random([...v])),
    'with a mask': () => tf.matMul(tf.softmax(tf.add(logitsOf(), random([40, 50]))), random([...v])),
    'with a bias': () => tf.matMul(tf.softmax(tf.add(logitsOf(), random([50]))), random([...v])),
    'with values of one batch': () => tf.matMul(tf.softmax(logitsOf()), random([1, 1, 50, 6])),
    'with values that are transposed': () =>
      tf.matMul(tf.softmax(logitsOf()), random([2, 3, 6, 50]), false, true),
    'with weights that are transposed': () => tf.matMul(tf.softmax(logitsOf()), random([2, 3, 40, 6]), true),
    'with keys of one batch': () =>
      tf.matMul(tf.softmax(tf.matMul(random([...q]), random([1, 1, 50, 8]), false, true)), random([...v])),
    'over rows in another shape': () =>
      tf.matMul(tf.softmax(tf.reshape(logitsOf(), [2, 3, 100, 20])), random([2, 3, 20, 6])),
    'with rows in another shape and back': () => {
      const parts = tf.softmax(tf.reshape(logitsOf(), [2, 3, 100, 20]));
      return tf.matMul(tf.reshape(parts, [2, 3, 40, 50]), random([...v]));
    },
    'with rows in another shape after it': () =>
      tf.matMul(tf.reshape(tf.softmax(logitsOf()), [2, 3, 100, 20]), random([2, 3, 20, 6])),
  };

  /** Calls of the native attention, and of the softmax. */
  function counting(program: () => Result): number[] {
    const native = addon();
    const { attention, softmax } = native;
    const calls = [0, 0];
    native.attention = (options) => {
      calls[0]!++;
      attention(options);
    };
    native.softmax = (options) => {
      calls[1]!++;
      softmax(options);
    };
    try {
      for (const tensor of [tf.tidy(program)].flat()) tensor.dataSync();
      return calls;
    } finally {
      Object.assign(native, { attention, softmax });
    }
  }

  it.each(Object.keys(forms))('%s: is one native operation', async (name) => {
    expect(counting(forms[name]!)).toEqual([1, 0]);
    await compare(forms[name]!);
  });

  it.each(Object.keys(others))('%s: is right', (name) => compare(others[name]!));

  it('has gradients', async () => {
    const gradients = () => {
      const loss = (a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) =>
        tf.matMul(tf.softmax(tf.mul(tf.matMul(a, b, false, true), 0.5)), c);
      return tf.grads(loss)([random([...q]), random([...k]), random([...v])]);
    };
    await compare(gradients);
    await tf.setBackend('synthetic');
    expect(counting(gradients)[0]).toBe(0);
  });
});
