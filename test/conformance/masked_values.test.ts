/** What is masked does not count, whatever it holds: the bits are those of zeros there. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attention, PreparedScores, randomAttention, softmax } from '../../lib/kernels/index.js';
import type { AttentionCallOptions } from '../../lib/layers/index.js';
import { Tensor } from '../../lib/tensor/tensor.js';
import { built, FAMILY, MAX_LENGTH } from '../support/layer_family.js';
import { random } from '../support/layers.js';
import { randomMask } from '../support/random.js';

const FEATURES = 5;
const WINDOW = 3;
const POISONS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** `x` [batch, length, features] with `value` in the rows where `where` [batch, length] is not 0. */
function filled(x: Tensor, where: Uint8Array, value: number): Tensor {
  const data = x.data.slice();
  const features = x.shape.at(-1)!;
  where.forEach((marked, row) => {
    if (marked) data.fill(value, row * features, (row + 1) * features);
  });
  return new Tensor(data, x.shape);
}

function expectSameBits(actual: Float32Array, expected: Float32Array, what: string): void {
  const different = actual.findIndex((x, i) => !Object.is(x, expected[i]));
  expect([what, different, actual[different]]).toEqual([what, -1, undefined]);
  expect(actual.length).toBe(expected.length);
}

const cases = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  queries: fc.integer({ min: 1, max: MAX_LENGTH }),
  keys: fc.integer({ min: 1, max: MAX_LENGTH }),
  seed: fc.integer({ min: 0, max: 1 << 30 }),
  poison: fc.constantFrom(...POISONS),
  valueMask: fc.boolean(),
  keyMask: fc.boolean(),
  queryMask: fc.boolean(),
  attentionMask: fc.boolean(),
  useCausalMask: fc.boolean(),
  window: fc.boolean(),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** The masks of a case, and whether query i of sequence b sees key j. */
function masksOf(c: Case) {
  const { batch, queries, keys, seed } = c;
  const bytes = (size: number, i: number) => randomMask(size, seed + i, 0.6);
  const options: AttentionCallOptions = {
    useCausalMask: c.useCausalMask,
    ...(c.valueMask && { valueMask: { data: bytes(batch * keys, 1), shape: [batch, keys] } }),
    ...(c.keyMask && { keyMask: { data: bytes(batch * keys, 2), shape: [batch, keys] } }),
    ...(c.queryMask && { queryMask: { data: bytes(batch * queries, 3), shape: [batch, queries] } }),
    ...(c.attentionMask && {
      attentionMask: { data: bytes(batch * queries * keys, 4), shape: [batch, queries, keys] },
    }),
  };
  const at = (mask: unknown, i: number) => (mask as { data: Uint8Array } | undefined)?.data[i] !== 0;
  const sees = (b: number, i: number, j: number): boolean =>
    at(options.valueMask, b * keys + j) &&
    at(options.keyMask, b * keys + j) &&
    at(options.queryMask, b * queries + i) &&
    at(options.attentionMask, (b * queries + i) * keys + j) &&
    (!c.useCausalMask || j <= i) &&
    (!c.window || Math.abs(i - j) < WINDOW);
  return { options, sees };
}

describe.each(FAMILY)('$name', ({ make, heads }) => {
  const plain = built(make(), FEATURES);
  const windowed = built(make({ slidingWindow: WINDOW }), FEATURES);

  it('gives a row the bits of zeros where it must not look', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.boolean(), async (c, wantScores) => {
        const { batch, queries, keys, seed, poison } = c;
        const layer = c.window ? windowed : plain;
        const { options, sees } = masksOf(c);
        const query = random(seed, batch, queries, FEATURES);
        const clean = random(seed + 1, batch, keys, FEATURES);
        const spoilt = randomMask(batch * keys, seed + 5, 0.4);
        const run = async (value: Tensor, async_: boolean) => {
          const given = { ...options, value };
          const scored = { ...given, returnAttentionScores: true } as const;
          if (wantScores) return async_ ? layer.callAsync(query, scored) : layer.call(query, scored);
          return [async_ ? await layer.callAsync(query, given) : layer.call(query, given)];
        };
        const actual = await run(filled(clean, spoilt, poison), seed % 2 === 0);
        for (let i = 0; i < queries; i++) {
          // Zeros where query i of each sequence does not look; what it sees stays as it is.
          const hidden = spoilt.map((s, at) => (s && !sees(Math.floor(at / keys), i, at % keys) ? 1 : 0));
          const value = filled(filled(clean, spoilt, poison), hidden, 0);
          const expected = await run(value, false);
          for (let b = 0; b < batch; b++) {
            const row = (t: Tensor) => {
              const width = t.shape.at(-1)!;
              return t.data.subarray((b * queries + i) * width, (b * queries + i + 1) * width);
            };
            expectSameBits(row(actual[0]!), row(expected[0]!), `output of query ${i}`);
            if (!wantScores) continue;
            for (let h = 0; h < heads; h++) {
              const from = ((b * heads + h) * queries + i) * keys;
              const part = (t: Tensor) => t.data.subarray(from, from + keys);
              expectSameBits(part(actual[1]!), part(expected[1]!), `scores of query ${i}`);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('gives masked queries the bits of zeros in their place', () => {
    fc.assert(
      fc.property(cases, ({ batch, queries, keys, seed, poison }) => {
        const query = random(seed, batch, queries, FEATURES);
        const queryMask = { data: randomMask(batch * queries, seed + 3, 0.5), shape: [batch, queries] };
        const masked = queryMask.data.map((kept) => (kept ? 0 : 1));
        const options = { value: random(seed + 1, batch, keys, FEATURES), queryMask };
        const actual = plain.call(filled(query, masked, poison), options);
        expectSameBits(actual.data, plain.call(filled(query, masked, 0), options).data, 'output');
        expect(actual.data.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('decodes past positions that are masked', () => {
    const [batch, steps] = [2, 6];
    for (const poison of POISONS) {
      const valueMask = { data: new Uint8Array([0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1]), shape: [batch, steps] };
      const spoilt = valueMask.data.map((kept) => (kept ? 0 : 1));
      const x = random(7, batch, steps, FEATURES);
      const decode = (given: Tensor): Tensor[] => {
        const cache = plain.createCache();
        return Array.from({ length: steps }, (_, t) => {
          const rows = [0, 1].flatMap((b) => [
            ...given.data.subarray((b * steps + t) * FEATURES, (b * steps + t + 1) * FEATURES),
          ]);
          const mask = [0, 1].flatMap((b) => [...valueMask.data.subarray(b * steps, b * steps + t + 1)]);
          return plain.call(new Tensor(Float32Array.from(rows), [batch, 1, FEATURES]), {
            cache,
            valueMask: { data: Uint8Array.from(mask), shape: [batch, t + 1] },
          });
        });
      };
      const actual = decode(filled(x, spoilt, poison));
      const expected = decode(filled(x, spoilt, 0));
      for (let t = 0; t < steps; t++) {
        for (let b = 0; b < batch; b++) {
          // A position's own output depends on what it holds.
          if (spoilt[b * steps + t]) continue;
          const row = ({ data, shape }: Tensor) => data.subarray(b * shape[2]!, (b + 1) * shape[2]!);
          expectSameBits(row(actual[t]!), row(expected[t]!), `sequence ${b}, step ${t}`);
        }
      }
    }
  });
});

describe('kernels', () => {
  // Longer than one block of keys, and than one block of queries.
  const [queries, keys, columns] = [100, 1200, 20];

  it.each([
    ['causal', { causal: true }],
    ['a mask for each query', { mask: { data: randomMask(queries * keys, 9, 0.5), shape: [queries, keys] } }],
    ['a mask of keys', { mask: { data: randomMask(keys, 10, 0.5), shape: [keys] } }],
  ])('attention over several blocks under %s', (_name, options) => {
    const [q, k, v] = [random(1, queries, 8), random(2, keys, 8), random(3, keys, columns)];
    const spoilt = new Uint8Array(keys);
    for (const j of [3, 50, 99, 511, 512, 900, 1199]) spoilt[j] = 1;
    const seen = (i: number, j: number): boolean => {
      const { mask, causal } = options as { mask?: { data: Uint8Array }; causal?: boolean };
      if (causal) return j <= i;
      return mask!.data[mask!.data.length === keys ? j : i * keys + j] !== 0;
    };
    for (const poison of POISONS) {
      const actual = attention(q, filled(k, spoilt, poison), filled(v, spoilt, poison), options);
      const zeros = attention(q, filled(k, spoilt, 0), filled(v, spoilt, 0), options);
      let compared = 0;
      for (let i = 0; i < queries; i++) {
        if (spoilt.some((s, j) => s !== 0 && seen(i, j))) continue;
        const row = (t: Tensor) => t.data.subarray(i * columns, (i + 1) * columns);
        expectSameBits(row(actual), row(zeros), `query ${i}`);
        compared++;
      }
      expect(compared).toBeGreaterThanOrEqual(0);
    }
  });

  it('prepared scores, causal and under masks of every shape', () => {
    const n = 130;
    const scores = new PreparedScores(random(1, 2, n, n));
    const value = random(2, 2, n, 7);
    for (const spoiltKey of [0, 5, 100]) {
      const spoilt = new Uint8Array(2 * n);
      spoilt[spoiltKey] = 1;
      spoilt[n + spoiltKey] = 1;
      const allBut = Uint8Array.from({ length: n * n }, (_, at) => (at % n === spoiltKey ? 0 : 1));
      const masks = [
        { causal: true },
        { mask: { data: allBut.subarray(0, n), shape: [n] } },
        { mask: { data: allBut, shape: [n, n] } },
        { mask: { data: allBut, shape: [n, n] }, causal: true },
      ];
      for (const options of masks) {
        const actual = randomAttention(scores, filled(value, spoilt, Number.NaN), options);
        const zeros = randomAttention(scores, filled(value, spoilt, 0), options);
        const rows = 'mask' in options ? n : spoiltKey;
        for (let h = 0; h < 2; h++) {
          const part = (t: Tensor) => t.data.subarray(h * n * 7, (h * n + rows) * 7);
          expectSameBits(part(actual), part(zeros), `key ${spoiltKey}`);
        }
      }
    }
  });

  it('softmax', () => {
    const x = random(1, 6, 40);
    const mask = { data: randomMask(6 * 40, 2, 0.5), shape: [6, 40] };
    const hidden = mask.data.map((kept) => (kept ? 0 : 1));
    for (const poison of POISONS) {
      const with_ = (value: number) =>
        new Tensor(
          Float32Array.from(x.data, (y, i) => (hidden[i] ? value : y)),
          [6, 40],
        );
      expectSameBits(softmax(with_(poison), { mask }).data, softmax(with_(0), { mask }).data, `${poison}`);
    }
  });
});
