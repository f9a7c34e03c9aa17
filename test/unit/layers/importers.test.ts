/** Importers against the formulas of the libraries they import from, written out in float64. */
import { describe, expect, it } from '@jest/globals';
import {
  Attention,
  DenseSynthesizer,
  fromLongRangeArena,
  fromMeshTensorflow,
  GroupedQueryAttention,
  type MeshTensorflowMode,
  MixtureSynthesizer,
  MultiHeadAttention,
  masksFromTorch,
  RandomSynthesizer,
} from '../../../lib/layers/index.js';
import type { Tensor } from '../../../lib/tensor/tensor.js';
import {
  headColumns,
  largestDifference,
  type Matrix,
  matrix,
  plus,
  product,
  random,
  softmaxRows,
  transposed,
} from '../../support/layers.js';

const [D, HEADS, SIZE, N, T, K] = [6, 2, 3, 8, 5, 4];
const x = random(1, 1, T, D);
const rows = matrix(x);

/** sum_h softmax(logits_h) (x W_v) W_o */
function output(logits: (h: number) => Matrix, value: Tensor, out: Tensor): Matrix {
  let sum: Matrix = rows.map(() => new Array<number>(out.shape.at(-1)!).fill(0));
  for (let h = 0; h < HEADS; h++) {
    const weights = softmaxRows(logits(h));
    const head = product(weights, product(rows, headColumns(value, h)));
    sum = plus(sum, product(head, (out.toArray() as number[][][])[h]!));
  }
  return sum;
}

const cut = (a: Matrix, height = T, width = T): Matrix =>
  a.slice(0, height).map((row) => row.slice(0, width));
const relu = (a: Matrix): Matrix => a.map((row) => row.map((v) => Math.max(0, v)));

describe('fromMeshTensorflow', () => {
  const v = random(2, D, HEADS, SIZE);
  const o = random(3, HEADS, SIZE, 7);
  const q = random(4, D, HEADS, SIZE);
  const k = random(5, D, HEADS, SIZE);
  const R = random(6, N, HEADS, N);
  const pi = random(7, SIZE, N);
  const alpha = random(8, 1);
  const r1 = random(9, K, HEADS, N);
  const r2 = random(10, K, HEADS, N);
  const sigmoid = 1 / (1 + Math.exp(-alpha.data[0]!));

  /** The formulas of synthetic_attention(); `scale` of the query is 1 where it went into the initialiser. */
  const formulas = (scale: number) => {
    const query = (h: number) => product(rows, headColumns(q, h)).map((row) => row.map((a) => a * scale));
    const dot = (h: number) => product(query(h), transposed(product(rows, headColumns(k, h))));
    const r = (h: number) => cut((R.toArray() as number[][][]).map((row) => row[h]!));
    const dense = (h: number) => cut(product(relu(query(h)), matrix(pi)));
    const factorized = (h: number) => {
      const sum = Array.from({ length: N }, (_, j) =>
        Array.from({ length: K }, (__, i) => i).reduce(
          (total, i) => total + r1.data[(i * HEADS + h) * N + j]! * r2.data[(i * HEADS + h) * N + j]!,
          0,
        ),
      );
      return rows.map(() => sum.slice(0, T));
    };
    const mixed = (s: (h: number) => Matrix) => (h: number) =>
      plus(
        dot(h).map((row) => row.map((a) => (1 - sigmoid) * a)),
        s(h),
        sigmoid,
      );
    const sum = (s: (h: number) => Matrix) => (h: number) => plus(dot(h), s(h));
    return {
      random: r,
      factorized,
      dense_minus: dense,
      random_plus: sum(r),
      random_plus_alpha: mixed(r),
      dense_plus: sum(dense),
      dense_plus_alpha: mixed(dense),
    };
  };
  const variables: Record<MeshTensorflowMode, Record<string, Tensor>> = {
    random: { kv: v, o, R },
    factorized: { kv: v, o, R1: r1, R2: r2 },
    dense_minus: { q, kv: v, o, 'pi/kernel': pi },
    random_plus: { q, k, v, o, R },
    random_plus_alpha: { q, k, v, o, R, alpha },
    dense_plus: { q, k, v, o, 'pi/kernel': pi },
    dense_plus_alpha: { q, k, v, o, 'pi/kernel': pi, alpha },
  };
  const modes = Object.keys(variables) as MeshTensorflowMode[];

  it.each(modes.flatMap((mode) => [true, false].map((folded) => [mode, folded] as const)))(
    '%s, scale folded into the initialiser: %s',
    (mode, folded) => {
      const layer = fromMeshTensorflow(variables[mode], {
        mode,
        numHeads: HEADS,
        foldScalingIntoInitializer: folded,
      });
      const expected = output(formulas(folded ? 1 : SIZE ** -0.5)[mode], v, o);
      expect(largestDifference(layer.call(x), expected)).toBeLessThan(1e-5);
    },
  );

  it('takes combined dimensions and a prefix', () => {
    const combined = {
      'a/kv': v.reshape([D, HEADS * SIZE]),
      'a/o': o.reshape([HEADS * SIZE, 7]),
      'a/R': R,
      'b/else': alpha,
    };
    const layer = fromMeshTensorflow(combined, { mode: 'random', numHeads: HEADS, prefix: 'a/' });
    expect(layer).toBeInstanceOf(RandomSynthesizer);
    const plain = fromMeshTensorflow(variables.random, { mode: 'random', numHeads: HEADS });
    expect([...layer.call(x).data]).toEqual([...plain.call(x).data]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'an unknown mode',
      () => fromMeshTensorflow({}, { mode: 'dense' as never, numHeads: 1 }),
      'fromMeshTensorflow: expected one of random, factorized,',
    ],
    [
      'a missing variable',
      () => fromMeshTensorflow({ kv: v, o }, { mode: 'random', numHeads: HEADS }),
      'fromMeshTensorflow: expected a tensor R for variables but received none of this name',
    ],
    [
      'a variable too many',
      () => fromMeshTensorflow({ ...variables.random, q }, { mode: 'random', numHeads: HEADS }),
      'expected no tensors besides kv, o, R for variables but received q',
    ],
    [
      'heads that do not divide',
      () =>
        fromMeshTensorflow(
          { ...variables.random, kv: v.reshape([D, HEADS * SIZE]) },
          { mode: 'random', numHeads: 4 },
        ),
      'expected columns that 4 heads divide for kv but received [6, 6]',
    ],
    [
      'an R that is not square',
      () =>
        fromMeshTensorflow(
          { ...variables.random, R: random(1, 4, HEADS, 5) },
          { mode: 'random', numHeads: HEADS },
        ),
      'expected as many rows as columns a head for R but received [4, 2, 5]',
    ],
  ])('refuses %s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});

describe('fromLongRangeArena', () => {
  const value = { kernel: random(20, D, HEADS, SIZE) };
  const out = { kernel: random(21, HEADS, SIZE, D) };
  const query = { kernel: random(22, D, HEADS, SIZE) };
  const key = { kernel: random(23, D, HEADS, SIZE) };
  const r = random(24, HEADS, N, N);
  const random1 = random(25, HEADS, N, K);
  const random2 = random(26, HEADS, K, N);
  const dense = { kernel: random(27, D, HEADS, SIZE) };
  const denseLength = { kernel: random(28, SIZE, N) };
  const scores = {
    dot: (h: number) =>
      product(
        product(rows, headColumns(query.kernel, h)).map((row) => row.map((a) => a / Math.sqrt(SIZE))),
        transposed(product(rows, headColumns(key.kernel, h))),
      ),
    random: (h: number) => cut((r.toArray() as number[][][])[h]!),
    factorized: (h: number) =>
      cut(product((random1.toArray() as number[][][])[h]!, (random2.toArray() as number[][][])[h]!)),
    // What the code means: heads and positions apart, not reshaped into one another.
    dense: (h: number) =>
      cut(product(relu(product(rows, headColumns(dense.kernel, h))), matrix(denseLength.kernel))),
  };
  const sum =
    (...parts: ((h: number) => Matrix)[]) =>
    (h: number) =>
      parts.map((p) => p(h)).reduce((a, b) => plus(a, b));

  it.each<[string, Record<string, unknown>, (h: number) => Matrix, string]>([
    ['random', { random: r }, scores.random, 'RandomSynthesizer'],
    ['factorized_random', { random1, random2 }, scores.factorized, 'FactorizedRandomSynthesizer'],
    ['dense', { dense_syn: dense, dense_syn_len: denseLength }, scores.dense, 'DenseSynthesizer'],
    ['dot product', { query, key }, scores.dot, 'MultiHeadAttention'],
    [
      'dense+random with dot product',
      { query, key, random: r, dense_syn: dense, dense_syn_len: denseLength },
      sum(scores.dot, scores.random, scores.dense),
      'MixtureSynthesizer',
    ],
    [
      'dense+factorized_random',
      { random1, random2, dense_syn: dense, dense_syn_len: denseLength },
      sum(scores.factorized, scores.dense),
      'MixtureSynthesizer',
    ],
  ])('%s', (_, params, logits, className) => {
    const layer = fromLongRangeArena({ value, out, ...params } as never);
    expect(layer.className).toBe(className);
    expect(largestDifference(layer.call(x), output(logits, value.kernel, out.kernel))).toBeLessThan(1e-5);
  });

  it('takes biases and flat names', () => {
    const params = {
      'value/kernel': value.kernel,
      'value/bias': random(30, HEADS, SIZE),
      'out/kernel': out.kernel,
      'out/bias': random(31, D),
      'dense_syn/kernel': dense.kernel,
      'dense_syn/bias': random(32, HEADS, SIZE),
      'dense_syn_len/kernel': denseLength.kernel,
      'dense_syn_len/bias': random(33, N),
    };
    const layer = fromLongRangeArena(params);
    expect(layer).toBeInstanceOf(DenseSynthesizer);
    expect(layer.weights.map(({ name }) => name)).toEqual([
      'dense_1/kernel',
      'dense_1/bias',
      'dense_2/kernel',
      'dense_2/bias',
      'value/kernel',
      'value/bias',
      'attention_output/kernel',
      'attention_output/bias',
    ]);
    expect(layer.getWeights()[3]!.toArray()).toEqual(params['dense_syn_len/bias'].toArray());
  });

  it('refuses what it does not understand', () => {
    expect(() => fromLongRangeArena({ value, out } as never)).toThrow(
      'fromLongRangeArena: expected any scores for params but received none',
    );
    expect(() => fromLongRangeArena({ value, out, random: r, gate: { kernel: r } } as never)).toThrow(
      'but received gate/kernel',
    );
    expect(() => fromLongRangeArena(null as never)).toThrow('expected tensors by name for params');
  });
});

describe('masksFromTorch', () => {
  it('inverts booleans and takes heads apart from the batch', () => {
    const attnMask = Array.from({ length: 4 }, (_, i) => [
      [false, i % 2 === 1],
      [true, false],
    ]);
    const masks = masksFromTorch({ keyPaddingMask: [[false, true]], attnMask }, 2);
    expect(masks.valueMask).toEqual({ data: Uint8Array.of(1, 0), shape: [1, 2] });
    expect(masks.attentionMask).toMatchObject({ shape: [2, 2, 2, 2] });
    expect([...(masks.attentionMask as { data: Uint8Array }).data.slice(0, 8)]).toEqual([
      1, 1, 0, 1, 1, 0, 0, 1,
    ]);
  });

  it('takes additive floats that are 0 or -Infinity, and nothing between', () => {
    const attnMask = { data: Float32Array.of(0, Number.NEGATIVE_INFINITY), shape: [1, 2] };
    expect(masksFromTorch({ attnMask }).attentionMask).toEqual({ data: Uint8Array.of(1, 0), shape: [1, 2] });
    // What else hides: the habits of PyTorch, of mesh-tensorflow and of 16-bit models.
    const hidden = Float32Array.of(-1e9, -3.4028234663852886e38, -65504, -10000, 0, -0);
    expect(masksFromTorch({ keyPaddingMask: { data: hidden, shape: [1, 6] } }).valueMask).toEqual({
      data: Uint8Array.of(0, 0, 0, 0, 1, 1),
      shape: [1, 6],
    });
    for (const bias of [-9999, 1, 1e9, Number.NaN, Number.POSITIVE_INFINITY]) {
      const biased = { data: Float32Array.of(bias), shape: [1, 1] };
      expect(() => masksFromTorch({ attnMask: biased })).toThrow('a bias of logits is no mask');
    }
    expect(() => masksFromTorch({ attnMask: { data: Float32Array.of(0.5), shape: [1, 1] } })).toThrow(
      'masksFromTorch: expected booleans, or floats that are 0 or -Infinity for attnMask but received 0.5',
    );
    expect(() => masksFromTorch({ attnMask: { data: new Uint8Array(3), shape: [3, 1, 1] } }, 2)).toThrow(
      'expected shape [queries, keys] or [batch * 2 heads, queries, keys] for attnMask but received [3, 1, 1]',
    );
  });
});

describe('fromTorch', () => {
  const state = {
    in_proj_weight: random(40, 12, 4),
    in_proj_bias: random(41, 12),
    'out_proj.weight': random(42, 4, 4),
    'out_proj.bias': random(43, 4),
  };

  it('refuses states that do not belong to such a module', () => {
    expect(() => MultiHeadAttention.fromTorch(state, { numHeads: 3 })).toThrow(
      'MultiHeadAttention.fromTorch: expected a divisor of embed_dim 4 for numHeads but received 3',
    );
    expect(() =>
      MultiHeadAttention.fromTorch({ ...state, bias_k: random(1, 1, 1, 4) }, { numHeads: 2 }),
    ).toThrow('expected a module without add_bias_kv for state but received a tensor bias_k');
    expect(() =>
      MultiHeadAttention.fromTorch({ ...state, in_proj_weight: random(1, 11, 4) }, { numHeads: 2 }),
    ).toThrow('expected shape [12, 4] for in_proj_weight but received [11, 4]');
    expect(() => MultiHeadAttention.fromTorch({ ...state, other: random(1, 1) }, { numHeads: 2 })).toThrow(
      'but received other',
    );
    expect(() => MultiHeadAttention.fromTorch(null as never, { numHeads: 2 })).toThrow(
      'expected tensors by name for state but received null',
    );
  });
});

describe('fromKeras', () => {
  const config = {
    name: 'mine',
    trainable: true,
    dtype: { module: 'keras', class_name: 'DTypePolicy' },
    num_heads: 2,
    key_dim: 3,
    value_dim: 4,
    dropout: 0.1,
    use_bias: false,
    use_gate: false,
    output_shape: null,
    attention_axes: [1],
    sliding_window: 2,
    kernel_initializer: { class_name: 'GlorotUniform', config: { seed: null } },
    bias_regularizer: null,
    seed: 7,
  };
  const weights = [random(50, 5, 2, 3), random(51, 6, 2, 3), random(52, 7, 2, 4), random(53, 2, 4, 5)];

  it('reads options and weights in order or by path', () => {
    const layer = MultiHeadAttention.fromKeras({ config, weights });
    expect(layer.getConfig()).toMatchObject({
      name: 'mine',
      numHeads: 2,
      keyDim: 3,
      valueDim: 4,
      useBias: false,
      attentionAxes: [1],
      slidingWindow: 2,
    });
    expect(layer.getBuildConfig()).toEqual({ queryShape: [5], valueShape: [7], keyShape: [6] });
    const names = ['query', 'key', 'value', 'attention_output'];
    const paths = Object.fromEntries(names.map((name, i) => [`model/mine/${name}/kernel`, weights[i]!]));
    const again = MultiHeadAttention.fromKeras({ config, weights: paths });
    expect(again.getWeights()).toEqual(layer.getWeights());
  });

  it('reads layers with few or no weights', () => {
    const attention = Attention.fromKeras({
      config: { name: 'a', use_scale: true, score_mode: 'concat', dropout: 0, seed: null },
      weights: [random(1), random(2)],
    });
    expect(attention.weights.map(({ name }) => name)).toEqual(['scale', 'concat_score_weight']);
    const plain = Attention.fromKeras({ config: { name: 'b', use_scale: false }, weights: [] });
    expect(plain.call(x).shape).toEqual([1, T, D]);
    const grouped = GroupedQueryAttention.fromKeras({
      config: {
        head_dim: 2,
        num_query_heads: 4,
        num_key_value_heads: 2,
        use_bias: false,
        flash_attention: null,
      },
      weights: [random(1, 5, 4, 2), random(2, 5, 2, 2), random(3, 5, 2, 2), random(4, 4, 2, 5)],
    });
    expect(grouped.call(random(1, 2, 3, 5)).shape).toEqual([2, 3, 5]);
  });

  it('refuses what does not fit', () => {
    expect(() => MultiHeadAttention.fromKeras({ config, weights: weights.slice(1) })).toThrow(
      'MultiHeadAttention.fromKeras: expected 4 tensors (query/kernel, key/kernel, value/kernel, attention_output/kernel) for weights but received 3',
    );
    expect(() => MultiHeadAttention.fromKeras({ config: { ...config, rope: true }, weights })).toThrow(
      'but received "rope"',
    );
    expect(() => MultiHeadAttention.fromKeras({ config: null as never, weights })).toThrow(
      'expected what get_config() gives for config but received null',
    );
  });
});

it('mixtures import as what they are', () => {
  const layer = fromMeshTensorflow(
    {
      q: random(1, 4, 1, 2),
      k: random(2, 4, 1, 2),
      v: random(3, 4, 1, 2),
      o: random(4, 1, 2, 4),
      R: random(5, 3, 1, 3),
    },
    { mode: 'random_plus', numHeads: 1, name: 'block' },
  );
  expect(layer).toBeInstanceOf(MixtureSynthesizer);
  expect(layer.name).toBe('block');
  expect(layer.getConfig()).toMatchObject({ scores: ['dot-product', 'random'], mixing: 'sum', maxLength: 3 });
});
