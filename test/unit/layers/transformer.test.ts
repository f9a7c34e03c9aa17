/** Transformer layers around any attention layer, and sequence to sequence. */
import { describe, expect, it } from '@jest/globals';
import {
  EncoderDecoder,
  type Layer,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../../lib/layers/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { FAMILY } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';
import { activate, expectWithin, U } from '../../support/reference.js';

const FEATURES = 6;
const HIDDEN = 7;

function randomWeights<L extends Layer>(layer: L): L {
  layer.setWeights(layer.weights.map(({ tensor }, i) => random(i + 1, ...tensor.shape)));
  return layer;
}

const weight = (layer: Layer, name: string): Tensor =>
  layer.weights.find((candidate) => candidate.name === name)!.tensor;

/** In float64: rows of [..., features]. */
function normalized(layer: Layer, name: string, rows: number[][], epsilon: number): number[][] {
  const gamma = weight(layer, `${name}/gamma`).data;
  const beta = weight(layer, `${name}/beta`).data;
  return rows.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    return row.map((x, i) => ((x - mean) / Math.sqrt(variance + epsilon)) * gamma[i]! + beta[i]!);
  });
}

function affine(layer: Layer, name: string, rows: number[][]): number[][] {
  const { data, shape } = weight(layer, `${name}/kernel`);
  const bias = weight(layer, `${name}/bias`).data;
  const columns = shape[1]!;
  return rows.map((row) =>
    Array.from({ length: columns }, (_, j) =>
      row.reduce((sum, x, k) => sum + x * data[k * columns + j]!, bias[j]!),
    ),
  );
}

const rowsOf = ({ data, shape }: Tensor): number[][] => {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, i) => [
    ...data.subarray(i * width, (i + 1) * width),
  ]);
};

const add = (a: number[][], b: number[][]) => a.map((row, i) => row.map((x, j) => x + b[i]![j]!));

function expectRows(actual: Tensor, expected: number[][], what: string): void {
  const value = Float64Array.from(expected.flat());
  const largest = value.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  // Normalisation magnifies what the sums before it lost.
  expectWithin(actual.data, { value, bound: new Float64Array(value.length).fill(400 * U * largest) }, what);
}

describe.each(FAMILY)('around $name', ({ make, name }) => {
  it.each([
    [false, 'relu'],
    [true, 'gelu'],
    [true, 'geluTanh'],
  ] as const)('an encoder layer, normalizeFirst %s, %s', async (normalizeFirst, activation) => {
    const attention = make();
    const epsilon = 1e-3;
    const layer = new TransformerEncoderLayer({
      attention,
      intermediateDim: HIDDEN,
      activation,
      normalizeFirst,
      layerNormEpsilon: epsilon,
    });
    layer.build([FEATURES]);
    randomWeights(layer);
    const x = random(50, 2, 5, FEATURES);
    const paddingMask = { data: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 0, 0), shape: [2, 5] };
    const options = { valueMask: paddingMask };
    const feedForward = (rows: number[][]) =>
      affine(
        layer,
        'feedforward_output_dense',
        affine(layer, 'feedforward_intermediate_dense', rows).map((row) =>
          row.map((v) => activate(activation, v)),
        ),
      );
    const norm = (which: string, rows: number[][]) => normalized(layer, which, rows, epsilon);
    const attend = (rows: number[][]) =>
      rowsOf(attention.call(new Tensor(Float32Array.from(rows.flat()), x.shape), options));
    let expected: number[][];
    if (normalizeFirst) {
      const sum = add(rowsOf(x), attend(norm('self_attention_layer_norm', rowsOf(x))));
      expected = add(sum, feedForward(norm('feedforward_layer_norm', sum)));
    } else {
      const sum = norm('self_attention_layer_norm', add(rowsOf(x), attend(rowsOf(x))));
      expected = norm('feedforward_layer_norm', add(sum, feedForward(sum)));
    }
    const before = x.data.slice();
    const [output, scores] = layer.call(x, { paddingMask, returnAttentionScores: true });
    expect(output.shape).toEqual(x.shape);
    expectRows(output, expected, name);
    expect([...x.data]).toEqual([...before]);
    expect(scores.shape.slice(-2)).toEqual([5, 5]);
    expectRows(await layer.callAsync(x, { paddingMask }), expected, `${name} on the pool`);
  });
});

const mha = () => new MultiHeadAttention({ numHeads: 2, keyDim: 3 });
const decoderLayer = (options = {}) =>
  new TransformerDecoderLayer({
    attention: mha(),
    crossAttention: mha(),
    intermediateDim: HIDDEN,
    ...options,
  });

describe('a model', () => {
  const encoder = () => new TransformerEncoderLayer({ attention: mha(), intermediateDim: HIDDEN });
  const model = new EncoderDecoder({
    encoder: [encoder(), encoder()],
    decoder: [
      decoderLayer(),
      decoderLayer({
        normalizeFirst: true,
        attention: new RandomSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8 }),
      }),
    ],
  });
  model.build([FEATURES], [4]);
  randomWeights(model);
  const source = random(60, 2, 7, FEATURES);
  const target = random(61, 2, 5, 4);
  const sourceMask = { data: Uint8Array.from({ length: 14 }, (_, i) => (i > 11 ? 0 : 1)), shape: [2, 7] };

  it('gives one row for each position of the target, whatever comes after it', async () => {
    const output = model.call(source, { target, sourceMask });
    expect(output.shape).toEqual([2, 5, 4]);
    expect(model.computeOutputShape(source.shape, target.shape)).toEqual([2, 5, 4]);
    const changed = new Tensor(target.data.slice(), target.shape);
    changed.data.fill(3, 16, 20);
    expect([...model.call(source, { target: changed, sourceMask }).data.subarray(0, 16)]).toEqual([
      ...output.data.subarray(0, 16),
    ]);
    expect([...(await model.callAsync(source, { target, sourceMask })).data]).toEqual([...output.data]);
    // Masked positions of the source do not count.
    const other = new Tensor(source.data.slice(), source.shape);
    other.data.fill(5, 12 * FEATURES);
    expect([...model.call(other, { target, sourceMask }).data]).toEqual([...output.data]);
  });

  it('decodes position by position from one encoding', async () => {
    const full = rowsOf(model.call(source, { target, sourceMask }));
    const encoderSequence = await model.encodeAsync(source, { sourceMask });
    expect(encoderSequence.data).toEqual(model.encode(source, { sourceMask }).data);
    const cache = model.createCache(encoderSequence);
    for (let t = 0; t < 5; t++) {
      const rows = [0, 1].flatMap((b) => [...target.data.subarray((b * 5 + t) * 4, (b * 5 + t + 1) * 4)]);
      const step = new Tensor(Float32Array.from(rows), [2, 1, 4]);
      const output =
        t % 2
          ? model.decode(step, { cache, sourceMask })
          : await model.decodeAsync(step, { cache, sourceMask });
      expectRows(output, [full[t]!, full[5 + t]!], `position ${t}`);
      expect(cache[0]!.length).toBe(t + 1);
    }
    cache[0]!.truncate(2);
    expect(cache[0]!.length).toBe(2);
    expect(() => model.decode(random(1, 2, 1, 4), { cache: [] })).toThrow(
      'EncoderDecoder: expected what createCache made for cache but received []',
    );
  });

  it('explains where the target looks in the source', () => {
    const one = { target: random(62, 1, 3, 4), queryTokens: ['a', 'b', 'c'], keyTokens: [...'defghij'] };
    const explanation = model.explain(random(63, 1, 7, FEATURES), one);
    expect(explanation.layers.map(({ name, queries, keys }) => [name, queries, keys])).toEqual([
      ['decoder_0/cross_attention', 3, 7],
      ['decoder_1/cross_attention', 3, 7],
    ]);
    expect(explanation.toHTML()).toContain('decoder_1/cross_attention');
  });
});

describe('a decoder layer', () => {
  it('works without an encoder, and then refuses one', () => {
    const layer = new TransformerDecoderLayer({ attention: new SelfAttention(), intermediateDim: HIDDEN });
    const x = random(1, 2, 3, FEATURES);
    expect(layer.call(x).shape).toEqual(x.shape);
    expect(layer.weights.map(({ name }) => name)).not.toContain('cross_attention_layer_norm/gamma');
    expect(() => layer.call(x, { encoderSequence: x })).toThrow(
      'TransformerDecoderLayer: expected none without crossAttention for encoderSequence but received one',
    );
    expect(() => layer.createCache(x)).toThrow('expected no encoder’s output without crossAttention');
    expect(() => decoderLayer().createCache()).toThrow('expected the encoder’s output but received none');
  });

  it('looks ahead only when told to', () => {
    const layer = decoderLayer();
    const [x, encoderSequence] = [random(1, 1, 4, FEATURES), random(2, 1, 3, FEATURES)];
    const causal = layer.call(x, { encoderSequence });
    const changed = new Tensor(x.data.slice(), x.shape);
    changed.data.fill(2, 3 * FEATURES);
    const first = (tensor: Tensor) => [...tensor.data.subarray(0, 3 * FEATURES)];
    expect(first(layer.call(changed, { encoderSequence }))).toEqual(first(causal));
    const open = { encoderSequence, useCausalMask: false };
    expect(first(layer.call(changed, open))).not.toEqual(first(layer.call(x, open)));
  });
});

it('an encoder layer with a causal mask and a cache decodes', () => {
  const layer = new TransformerEncoderLayer({
    attention: mha(),
    intermediateDim: HIDDEN,
    normalizeFirst: true,
  });
  const x = random(5, 1, 4, FEATURES);
  const full = rowsOf(layer.call(x, { useCausalMask: true }));
  const cache = layer.createCache();
  for (let t = 0; t < 4; t++) {
    const step = new Tensor(x.data.slice(t * FEATURES, (t + 1) * FEATURES), [1, 1, FEATURES]);
    expectRows(layer.call(step, { cache }), [full[t]!], `position ${t}`);
  }
  const explanation = layer.explain(x, { useCausalMask: true, queryTokens: ['a', 'b', 'c', 'd'] });
  expect(explanation.layers[0]).toMatchObject({ kind: 'MultiHeadAttention', heads: 2, queries: 4, keys: 4 });
  expect(explanation.layers[0]!.parts[0]!.weights[1]).toBe(0);
});
