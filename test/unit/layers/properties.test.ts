/** What holds for every attention layer, for random shapes and inputs. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  type MixtureAttention,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  type ScoreName,
} from '../../../lib/layers/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { built, FAMILY, MAX_LENGTH } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';
import { randomMask } from '../../support/random.js';

const FEATURES = 5;
const RUNS = { numRuns: 25 };

const shapes = fc.record({
  batch: fc.integer({ min: 1, max: 4 }),
  queries: fc.integer({ min: 1, max: MAX_LENGTH }),
  keys: fc.integer({ min: 1, max: MAX_LENGTH }),
  seed: fc.integer({ min: 0, max: 1 << 30 }),
  density: fc.double({ min: 0, max: 1, noNaN: true }),
  useCausalMask: fc.boolean(),
});

const closeTo = (actual: Float32Array, expected: Float32Array, what: string): void => {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
  actual.forEach((value, i) => {
    if (!(Math.abs(value - expected[i]!) <= 1e-5 * largest)) {
      throw new Error(`${what}: element ${i}: expected ${expected[i]} but received ${value}`);
    }
  });
};

/** Sequence indices[b] of a tensor [batch, ...] as sequence b. */
function pick({ data, shape }: Tensor, indices: readonly number[]): Tensor {
  const each = data.length / shape[0]!;
  const parts = indices.map((b) => data.subarray(b * each, (b + 1) * each));
  return new Tensor(Float32Array.from(parts.flatMap((part) => [...part])), [
    indices.length,
    ...shape.slice(1),
  ]);
}

describe.each(FAMILY)('$name', ({ make, heads, looksAt }) => {
  const layer = built(make(), FEATURES);
  const windowed = built(make({ slidingWindow: 3 }), FEATURES);

  it('weighs with rows that sum to 1, or to 0 where nothing may be attended', () => {
    fc.assert(
      fc.property(shapes, fc.boolean(), ({ batch, queries, keys, seed, density, useCausalMask }, window) => {
        const attentionMask = {
          data: randomMask(batch * queries * keys, seed, density),
          shape: [batch, queries, keys],
        };
        const [output, scores] = (window ? windowed : layer).call(random(seed, batch, queries, FEATURES), {
          value: random(seed + 1, batch, keys, FEATURES),
          attentionMask,
          useCausalMask,
          returnAttentionScores: true,
        });
        expect(scores.size).toBe(batch * heads * queries * keys);
        expect(output.data.every(Number.isFinite)).toBe(true);
        for (let row = 0; row < batch * heads * queries; row++) {
          const [b, i] = [Math.floor(row / (heads * queries)), row % queries];
          const weights = scores.data.subarray(row * keys, (row + 1) * keys);
          const allowed = [...weights].map(
            (_, j) =>
              attentionMask.data[(b * queries + i) * keys + j] !== 0 &&
              (!useCausalMask || j <= i) &&
              (!window || Math.abs(i - j) < 3),
          );
          expect([...weights].every((w, j) => w >= 0 && (allowed[j] || w === 0))).toBe(true);
          const sum = weights.reduce((a, w) => a + w, 0);
          expect(Math.abs(sum - (allowed.some(Boolean) ? 1 : 0))).toBeLessThan(2e-6);
        }
      }),
      RUNS,
    );
  });

  it('permutes its output with the batch', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
        ({ batch, queries, seed }, picks) => {
          const indices = picks.map((p) => p % batch);
          const x = random(seed, batch, queries, FEATURES);
          const expected = pick(layer.call(x), indices);
          expect([...layer.call(pick(x, indices)).data]).toEqual([...expected.data]);
        },
      ),
      RUNS,
    );
  });

  it('does not look at later positions when causal', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), ({ batch, queries, seed }, at) => {
        const x = random(seed, batch, queries, FEATURES);
        const seen = (at % queries) + 1;
        const changed = new Tensor(x.data.slice(), x.shape);
        for (let b = 0; b < batch; b++) {
          const from = (b * queries + seen) * FEATURES;
          changed.data.fill(9, from, (b * queries + queries) * FEATURES);
        }
        const before = layer.call(x, { useCausalMask: true });
        const after = layer.call(changed, { useCausalMask: true });
        const width = before.shape.at(-1)!;
        for (let b = 0; b < batch; b++) {
          const from = b * queries * width;
          const to = from + seen * width;
          expect([...after.data.subarray(from, to)]).toEqual([...before.data.subarray(from, to)]);
        }
      }),
      RUNS,
    );
  });

  if (looksAt !== 'queries and keys') {
    it(`has weights that depend on ${looksAt} alone`, () => {
      fc.assert(
        fc.property(shapes, ({ batch, queries, keys, seed, useCausalMask }) => {
          const scoresOf = (query: number, value: number) =>
            layer.call(random(query, batch, queries, FEATURES), {
              value: random(value, batch, keys, FEATURES),
              useCausalMask,
              returnAttentionScores: true,
            })[1].data;
          const scores = scoresOf(seed, seed + 1);
          expect([...scoresOf(seed, seed + 2)]).toEqual([...scores]);
          const other = scoresOf(seed + 3, seed + 1);
          if (looksAt === 'positions') expect([...other]).toEqual([...scores]);
        }),
        RUNS,
      );
    });
  }

  it('gives the same with and without scores', () => {
    fc.assert(
      fc.property(shapes, ({ batch, queries, keys, seed, useCausalMask }) => {
        const options = { value: random(seed + 1, batch, keys, FEATURES), useCausalMask };
        const x = random(seed, batch, queries, FEATURES);
        const [withScores] = layer.call(x, { ...options, returnAttentionScores: true });
        closeTo(layer.call(x, options).data, withScores.data, 'output');
      }),
      RUNS,
    );
  });
});

const common = { numHeads: 2, valueDim: 3, maxLength: MAX_LENGTH };
const SINGLE: Record<ScoreName, () => MixtureAttention> = {
  'dot-product': () => new MultiHeadAttention({ numHeads: 2, keyDim: 3 }),
  random: () => new RandomSynthesizer(common),
  'factorized-random': () => new FactorizedRandomSynthesizer(common),
  dense: () => new DenseSynthesizer(common),
  'factorized-dense': () => new FactorizedDenseSynthesizer(common),
};
const NAMES = Object.keys(SINGLE) as ScoreName[];

it('a mixture with all its weight on one score is the layer of that score', () => {
  fc.assert(
    fc.property(
      shapes,
      fc.subarray(NAMES, { minLength: 2 }),
      fc.nat(),
      ({ batch, queries, seed }, scores, one) => {
        const chosen = one % scores.length;
        const mixture = built(new MixtureSynthesizer({ ...common, scores }), FEATURES, seed % 50);
        const logits = new Tensor(
          Float32Array.from(scores, (_, i) => (i === chosen ? 200 : 0)),
          [scores.length],
        );
        const weights = Object.fromEntries(mixture.weights.map(({ name, tensor }) => [name, tensor]));
        mixture.setWeights({ ...weights, 'mixing/logits': logits });
        const single = SINGLE[scores[chosen]!]!();
        single.build([FEATURES]);
        single.setWeights(Object.fromEntries(single.weights.map(({ name }) => [name, weights[name]!])));
        const x = random(seed, batch, queries, FEATURES);
        closeTo(mixture.call(x).data, single.call(x).data, scores.join(' + '));
      },
    ),
    { numRuns: 60 },
  );
});

it('factorized dense scores reach every pair of a and b once', () => {
  const divisors = fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
    .map(([a, b]) => ({ a, b, n: a * b }));
  fc.assert(
    fc.property(divisors, ({ a, b, n }) => {
      // One head, one hidden unit that is always 1, A = 2^i and B = 3^j as biases: every product is different.
      const layer = new FactorizedDenseSynthesizer({
        numHeads: 1,
        valueDim: 1,
        hiddenDim: 1,
        maxLength: n,
        factors: [a, b],
      });
      layer.build([1]);
      const primes = (base: number, count: number) =>
        new Tensor(
          Float32Array.from({ length: count }, (_, i) => Math.log(base) * (i + 1)),
          [1, count],
        );
      const weights = Object.fromEntries(
        layer.weights.map(({ name, tensor }) => [
          name,
          new Tensor(new Float32Array(tensor.size), tensor.shape),
        ]),
      );
      const [left, right] = [primes(1.2, a), primes(1.3, b)];
      layer.setWeights({ ...weights, 'factorized_dense_a/bias': left, 'factorized_dense_b/bias': right });
      const [, scores] = layer.call(Tensor.zeros([1, n, 1]), { returnAttentionScores: true });
      const row = [...scores.data.subarray(0, n)];
      const logits = Array.from({ length: n }, (_, j) => left.data[j % a]! * right.data[Math.floor(j / a)]!);
      const pairs = new Set(logits.map((_, j) => `${j % a} ${Math.floor(j / a)}`));
      expect(pairs.size).toBe(n);
      const powers = logits.map(Math.exp);
      const total = powers.reduce((x, y) => x + y, 0);
      row.forEach((w, j) => {
        expect(Math.abs(w - powers[j]! / total)).toBeLessThan(1e-6);
      });
    }),
    RUNS,
  );
});
