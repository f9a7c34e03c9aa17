/** Operations that are put off and done together: once, exactly, and whatever becomes of the arrays meanwhile. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { addon } from '../../lib/native/load.js';
import { compare, random } from './beside_cpu.js';

beforeEach(async () => {
  await tf.setBackend('synthetic');
  tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
});

/** x as float64 has it. */
function erf(x: number): number {
  // Of a series that converges for all x that are used here.
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

describe('GELU', () => {
  const forms: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    'half first': (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    'half of the integral': (x) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.div(x, Math.SQRT2))))),
    'half last': (x) => tf.mul(tf.mul(x, tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1)), 0.5),
    'half and half': (x) => tf.mul(tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5), x),
  };

  it.each(Object.keys(forms))('%s is one pass, and exact', (name) => {
    const native = addon();
    const { unary } = native;
    const called: number[] = [];
    native.unary = (options) => {
      called.push(options.op);
      unary(options);
    };
    try {
      const x = tf.add(random([3000]), random([3000]));
      const y = forms[name]!(x);
      const [values, result] = [x.dataSync(), y.dataSync()];
      expect(called).toHaveLength(1);
      values.forEach((v, i) => {
        expect(Math.abs(result[i]! - (v / 2) * (1 + erf(v * Math.SQRT1_2)))).toBeLessThan(1e-6);
      });
    } finally {
      native.unary = unary;
    }
  });

  it('is not what resembles it', async () => {
    const near = (x: tf.Tensor) => [
      tf.mul(x, tf.add(tf.erf(tf.mul(x, 0.8)), 1)),
      tf.mul(x, tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 2)),
      tf.mul(tf.neg(x), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    ];
    await compare(() => near(tf.add(random([300]), random([300]))));
  });
});

it('layer normalisation is one pass', () => {
  const native = addon();
  const { binary, unary, reduce } = native;
  const x = tf.add(random([30, 40]), random([30, 40]));
  const fail = () => {
    throw new Error('expected the kernel of layer normalisation alone');
  };
  Object.assign(native, { binary: fail, unary: fail, reduce: fail });
  try {
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centered), -1, true);
    const normal = tf.mul(centered, tf.rsqrt(tf.add(variance, 1e-5)));
    tf.add(tf.mul(normal, random([40])), random([40])).dataSync();
  } finally {
    Object.assign(native, { binary, unary, reduce });
  }
});

describe('products that are put off', () => {
  it('hand on NaN through activations', () => {
    const x = tf.tensor2d([1, Number.NaN, 3, 4], [2, 2]);
    const w = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    expect([...tf.relu(tf.matMul(x, w)).dataSync()]).toEqual([Number.NaN, Number.NaN, 3, 4]);
  });

  it('do not see what becomes of the arrays of their operands', () => {
    const [x, w, b] = [2, 3, 4].map((value) => new Float32Array(100).fill(value)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const [left, right] = [tf.tensor2d(x, [10, 10]), tf.tensor2d(w, [10, 10])];
    const read = tf.add(left, 1);
    const array = read.dataSync();
    const products = [tf.matMul(left, right), tf.matMul(read as tf.Tensor2D, right)];
    const sum = tf.add(products[0]!, tf.tensor1d(b.subarray(0, 10)));
    for (const values of [x, w, b, array]) values.fill(9);
    expect([...products, sum].map((tensor) => tensor.dataSync()[7])).toEqual([60, 90, 64]);
  });

  it('are computed once for a layer with bias and activation', () => {
    const native = addon();
    const { matmul } = native;
    let calls = 0;
    native.matmul = (options) => {
      calls++;
      matmul(options);
    };
    try {
      const layer = () =>
        tf.relu(
          tf.add(tf.matMul(random([40, 30]) as tf.Tensor2D, random([30, 20]) as tf.Tensor2D), random([20])),
        );
      tf.tidy(layer).dataSync();
      expect(calls).toBe(1);
      tf.dispose(tf.grad((x) => tf.add(layer(), x))(random([40, 20])));
      expect(calls).toBe(2);
    } finally {
      native.matmul = matmul;
    }
  });
});
