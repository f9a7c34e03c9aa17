/** What is computed once: watched at the addon, which every native operation passes. */
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  FactorizedRandomSynthesizer,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
} from '../../../lib/layers/index.js';
import { ScoreKind } from '../../../lib/native/codes.js';
import { addon } from '../../../lib/native/load.js';
import { built } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

type Loose = Record<string, (options: unknown) => unknown>;
const native = addon() as unknown as Loose;
const originals: Loose = {};

afterEach(() => {
  for (const [name, original] of Object.entries(originals)) native[name] = original;
});

/** The options of every call of an operation from now on, alone or as a part of a batched one. */
function watch<T>(name: string): T[] {
  const calls: T[] = [];
  const wrap = (wrapped: string, note: (options: unknown) => void) => {
    const original = native[wrapped]!;
    originals[wrapped] ??= original;
    native[wrapped] = (options) => {
      note(options);
      return original.call(native, options);
    };
  };
  wrap(name, (options) => calls.push(options as T));
  wrap('batched', (options) => {
    const { operations } = options as { operations: { name: string; options: T }[] };
    calls.push(...operations.filter((operation) => operation.name === name).map((o) => o.options));
  });
  return calls;
}

interface AttentionCall {
  sources: { kind: number }[];
}

const config = { numHeads: 2, valueDim: 3, maxLength: 8 };
const x = random(1, 2, 5, 6);

describe.each([
  ['RandomSynthesizer', () => built(new RandomSynthesizer(config), 6)],
  ['FactorizedRandomSynthesizer', () => built(new FactorizedRandomSynthesizer(config), 6)],
] as const)('%s', (_, make) => {
  it('computes its exponentials in prepare, and again only for new weights', () => {
    const exponentials = watch('prepareScores');
    const layer = make();
    layer.prepare();
    layer.prepare();
    expect(exponentials).toHaveLength(1);
    const before = layer.call(x);
    layer.call(random(2, 1, 8, 6), { useCausalMask: true });
    expect(exponentials).toHaveLength(1);
    layer.setWeights(layer.getWeights().map((tensor, i) => random(50 + i, ...tensor.shape)));
    expect([...layer.call(x).data]).not.toEqual([...before.data]);
    expect(exponentials).toHaveLength(2);
    layer.dispose();
    layer.call(x);
    expect(exponentials).toHaveLength(3);
  });

  it('computes them at the first call otherwise', () => {
    const exponentials = watch('prepareScores');
    const layer = make();
    expect(exponentials).toHaveLength(0);
    layer.call(x);
    layer.call(x);
    expect(exponentials).toHaveLength(1);
  });

  it('attends by them at every length, causal, padded or from a cache', () => {
    const attention = watch<AttentionCall>('attention');
    const layer = make();
    for (let length = 1; length <= 8; length++) layer.call(random(length, 1, length, 6));
    layer.call(x, { useCausalMask: true });
    layer.call(x, { valueMask: { data: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 0, 0, 0), shape: [2, 5] } });
    const cache = layer.createCache();
    layer.call(x, { cache });
    layer.call(random(3, 2, 1, 6), { cache });
    expect(attention).toHaveLength(12);
    for (const { sources } of attention)
      expect(sources.map(({ kind }) => kind)).toEqual([ScoreKind.prepared]);
  });
});

it('mixtures take random scores as they are', () => {
  const attention = watch<AttentionCall>('attention');
  const exponentials = watch('prepareScores');
  const layer = built(new MixtureSynthesizer({ ...config, scores: ['random', 'dot-product'] }), 6);
  layer.prepare();
  layer.call(x);
  expect(exponentials).toHaveLength(0);
  expect(attention[0]!.sources.map(({ kind }) => kind)).toEqual([ScoreKind.matrix, ScoreKind.product]);
});

it('weights are packed once', () => {
  const products = watch<{ packed: unknown }>('matmul');
  const layer = built(new MultiHeadAttention({ numHeads: 2, keyDim: 3 }), 6);
  layer.call(x);
  layer.call(x);
  expect(products).toHaveLength(8);
  for (let i = 0; i < 4; i++) expect(products[i]!.packed).toBe(products[i + 4]!.packed);
  expect(() => new MultiHeadAttention({ numHeads: 2, keyDim: 3 }).prepare()).toThrow(
    'MultiHeadAttention: expected a built layer (call build or the layer first) but received one without weights',
  );
});
