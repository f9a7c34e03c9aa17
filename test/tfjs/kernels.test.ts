/** Kernels of the backend beside those of tfjs-backend-cpu, at sizes and in forms that tfjs-core's own tests leave out. */
import { beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
// Registers the gradients.
import '@tensorflow/tfjs-layers';
import '../../lib/tfjs/index.js';
import { addon } from '../../lib/native/load.js';

let seed = 0;
/** The same numbers on both backends: `compare` starts the seed anew. */
function random(shape: number[], low = -2, high = 2): tf.Tensor {
  const array = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return low + ((high - low) * seed) / 2147483648;
  });
  return tf.tensor(array, shape);
}
const ids = (values: number[]) => tf.tensor1d(values, 'int32');

type Result = tf.Tensor | tf.Tensor[];

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

async function compare(program: () => Result): Promise<void> {
  const expected = await on('cpu', program);
  const received = await on('synthetic', program);
  expect(received.shapes).toEqual(expected.shapes);
  const largest = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  received.data.forEach((x, i) => {
    if (!(Math.abs(x - expected.data[i]!) <= TOLERANCE * largest))
      expect([i, x]).toEqual([i, expected.data[i]]);
  });
}

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
  beforeAll(() => {
    tf.env().set('IS_TEST', true);
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
  });

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

  it.each(Object.keys(forms))('%s is one pass, and exact', async (name) => {
    await tf.setBackend('synthetic');
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
    await tf.setBackend('cpu');
    const near = (x: tf.Tensor) => [
      tf.mul(x, tf.add(tf.erf(tf.mul(x, 0.8)), 1)),
      tf.mul(x, tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 2)),
      tf.mul(tf.neg(x), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
    ];
    await compare(() => near(tf.add(random([300]), random([300]))));
  });
});

it('layer normalisation is one pass', async () => {
  await tf.setBackend('synthetic');
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
  beforeAll(async () => {
    await tf.setBackend('synthetic');
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
  });

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

describe('attention as people write it', () => {
  const [q, k, v] = [
    [2, 3, 40, 8],
    [2, 3, 50, 8],
    [2, 3, 50, 6],
  ] as const;
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
    await tf.setBackend('synthetic');
    tf.env().set('SYNTHETIC_NATIVE_SIZE', 0);
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
