/** Decoding position by position gives what one causal call over all positions gives. */
import { describe, expect, it } from '@jest/globals';
import {
  type AttentionCache,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
} from '../../../lib/layers/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { built, FAMILY, MAX_LENGTH } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';
import { expectWithin, U } from '../../support/reference.js';

const FEATURES = 6;
const T = MAX_LENGTH - 1;

/** Positions [from, to) of [batch, length, features]. */
function positions({ data, shape }: Tensor, from: number, to: number): Tensor {
  const [batch, length, features] = shape as [number, number, number];
  const out = Tensor.zeros([batch, to - from, features]);
  for (let b = 0; b < batch; b++) {
    const start = (b * length + from) * features;
    out.data.set(data.subarray(start, start + (to - from) * features), b * (to - from) * features);
  }
  return out;
}

/** Sums of up to some ten terms in another order. */
function expectSame(actual: Tensor, expected: Tensor, what: string): void {
  expect(actual.shape).toEqual(expected.shape);
  const largest = expected.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const value = Float64Array.from(expected.data);
  expectWithin(actual.data, { value, bound: new Float64Array(value.length).fill(60 * U * largest) }, what);
}

describe.each(FAMILY)('$name', ({ make }) => {
  const x = random(3, 2, T, FEATURES);

  it('gives the rows of the full causal call, one position or several at a time', async () => {
    for (const window of [undefined, 3]) {
      const layer = built(make(window ? { slidingWindow: window } : {}), FEATURES);
      const full = layer.call(x, { useCausalMask: true });
      const cache = layer.createCache();
      let at = 0;
      for (const step of [1, 1, 3, 1, T - 6]) {
        const part = layer.call(positions(x, at, at + step), { cache });
        expectSame(part, positions(full, at, at + step), `positions ${at} to ${at + step}`);
        at += step;
        expect(cache.length).toBe(at);
      }
      cache.truncate(4);
      const again = await layer.callAsync(positions(x, 4, 5), { cache });
      expectSame(again, positions(full, 4, 5), 'position 4 once more');
    }
  });

  it('keeps the keys of another sequence for cross-attention', () => {
    const layer = built(make(), FEATURES);
    const value = random(4, 2, 7, FEATURES);
    const valueMask = {
      data: Uint8Array.from({ length: 14 }, (_, i) => (i % 5 === 4 ? 0 : 1)),
      shape: [2, 7],
    };
    const full = layer.call(x, { value, valueMask });
    const cache = layer.createCache({ value });
    expectSame(layer.call(positions(x, 0, 1), { cache, valueMask }), positions(full, 0, 1), 'first');
    expectSame(layer.call(positions(x, 1, 4), { cache, valueMask }), positions(full, 1, 4), 'more');
    expect(cache.length).toBe(4);
    expect(() => layer.call(positions(x, 4, 5), { cache, value })).toThrow(
      'expected none beside a cache that holds its own for value and key but received another',
    );
  });

  it('masks earlier positions and returns scores over all of them', () => {
    const layer = built(make(), FEATURES);
    const valueMask = (length: number) => ({
      data: Uint8Array.from({ length: 2 * length }, (_, i) => (i % length === 1 ? 0 : 1)),
      shape: [2, length],
    });
    const [full, scores] = layer.call(x, {
      useCausalMask: true,
      returnAttentionScores: true,
      valueMask: valueMask(T),
    });
    const cache = layer.createCache();
    layer.call(positions(x, 0, T - 1), { cache, valueMask: valueMask(T - 1) });
    const [last, lastScores] = layer.call(positions(x, T - 1, T), {
      cache,
      returnAttentionScores: true,
      valueMask: valueMask(T),
    });
    expectSame(last, positions(full, T - 1, T), 'last row');
    expect(lastScores.shape).toEqual([...scores.shape.slice(0, -2), 1, T]);
    const rows = scores.size / (T * T);
    const lastRows = Array.from({ length: rows }, (_, r) => [
      ...scores.data.subarray((r * T + T - 1) * T, (r + 1) * T * T),
    ]).flat();
    expectSame(
      lastScores,
      new Tensor(Float32Array.from(lastRows), lastScores.shape),
      'scores of the last row',
    );
  });
});

describe('a cache', () => {
  const layer = built(new MultiHeadAttention({ numHeads: 2, keyDim: 3 }), FEATURES);
  const one = random(5, 1, 1, FEATURES);

  it('follows a beam: sequences are copied, dropped and reordered', () => {
    const x = random(6, 3, 4, FEATURES);
    const cache = layer.createCache();
    layer.call(positions(x, 0, 3), { cache });
    cache.select([2, 0, 0, 2]);
    const chosen = [2, 0, 0, 2].flatMap((b) => [
      ...x.data.subarray(b * 4 * FEATURES, (b + 1) * 4 * FEATURES),
    ]);
    const expected = layer.call(new Tensor(Float32Array.from(chosen), [4, 4, FEATURES]), {
      useCausalMask: true,
    });
    const next = positions(new Tensor(Float32Array.from(chosen), [4, 4, FEATURES]), 3, 4);
    expectSame(layer.call(next, { cache }), positions(expected, 3, 4), 'after select');
    expect(cache.byteLength).toBeGreaterThan(0);
    expect(() => cache.select([4])).toThrow('AttentionCache: expected indices of its 4 sequences');
    expect(() => cache.select([])).toThrow('expected indices of its 4 sequences');
    expect(() => cache.truncate(5)).toThrow('AttentionCache: expected a length from 0 to 4 but received 5');
  });

  it('counts a position only when its call succeeds', async () => {
    const cache = layer.createCache();
    layer.call(one, { cache });
    const mask = { data: new Uint8Array(9), shape: [1, 9] };
    expect(() => layer.call(one, { cache, valueMask: mask })).toThrow('expected shape [1, 2] for valueMask');
    await expect(
      layer.callAsync(one, { cache, signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop');
    expect(cache.length).toBe(1);
    const expected = layer.call(new Tensor(Float32Array.of(...one.data, ...one.data), [1, 2, FEATURES]), {
      useCausalMask: true,
    });
    expectSame(layer.call(one, { cache }), positions(expected, 1, 2), 'after failures');
  });

  it('forgets the shape of a first call that failed', () => {
    const cache = layer.createCache();
    const wrong = { data: new Uint8Array(1), shape: [1] };
    expect(() => layer.call(one, { cache, valueMask: wrong })).toThrow('valueMask');
    const three = random(1, 3, 2, FEATURES);
    expectSame(layer.call(three, { cache }), layer.call(three, { useCausalMask: true }), 'another batch');
  });

  it('runs one call at a time', async () => {
    const cache = layer.createCache();
    const first = layer.callAsync(one, { cache });
    await expect(layer.callAsync(one, { cache })).rejects.toThrow(
      'MultiHeadAttention: expected one call at a time for cache but received another while one is running',
    );
    await first;
    expect(cache.length).toBe(1);
  });

  it('is refused where it does not belong', () => {
    const other = built(new MultiHeadAttention({ numHeads: 2, keyDim: 3 }), FEATURES);
    const cache = layer.createCache();
    expect(() => other.call(one, { cache })).toThrow('expected one made by this layer for cache');
    expect(() => layer.call(one, { cache: {} as AttentionCache })).toThrow(
      'expected what createCache made for cache',
    );
    expect(() => layer.call(one, { cache, useCausalMask: false })).toThrow(
      'MultiHeadAttention: expected true or nothing with a cache for useCausalMask but received false',
    );
    expect(() => layer.call(random(1, 1, 2, 2, FEATURES), { cache })).toThrow(
      'expected one attention axis for cache',
    );
    layer.call(one, { cache });
    expect(() => layer.call(random(1, 2, 1, FEATURES), { cache })).toThrow(
      'expected batch axes [1] for cache',
    );
    expect(() => layer.createCache({ key: one })).toThrow(
      'expected a value with the key but received a key alone',
    );
  });

  it('ends where the scores end', () => {
    const random4 = built(new RandomSynthesizer({ numHeads: 1, valueDim: 2, maxLength: 4 }), FEATURES);
    const cache = random4.createCache();
    random4.call(random(1, 1, 3, FEATURES), { cache });
    expect(() => random4.call(random(1, 1, 2, FEATURES), { cache })).toThrow(
      'RandomSynthesizer: expected at most 4 (maxLength of random scores) for length but received 5',
    );
    expect(random4.call(one, { cache }).shape).toEqual([1, 1, FEATURES]);
    expect(() => random4.call(one, { cache })).toThrow('but received 5');
  });

  it('keeps leading batch axes', () => {
    const plain = new SelfAttention();
    const x = random(9, 2, 3, 4, FEATURES);
    const full = plain.call(x, { useCausalMask: true });
    const cache = plain.createCache();
    const flat = x.reshape([6, 4, FEATURES]);
    for (let t = 0; t < 4; t++) {
      const row = plain.call(positions(flat, t, t + 1).reshape([2, 3, 1, FEATURES]), { cache });
      expectSame(
        row.reshape([6, 1, FEATURES]),
        positions(full.reshape([6, 4, FEATURES]), t, t + 1),
        `row ${t}`,
      );
    }
  });
});
