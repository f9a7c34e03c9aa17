import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  attention,
  attentionAsync,
  attentionWithWeights,
  denseAttention,
  PackedMatrix,
  PreparedScores,
  randomAttention,
} from '../../lib/kernels/index.js';
import { randomMask, uniform } from '../support/random.js';
import { bounded, expectWithin, softmaxRow, U } from '../support/reference.js';

interface Reference {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
  columns: number;
  /** Scaled logits in float64 and how far float32 ones may be off. */
  logit: (b: number, h: number, i: number, j: number) => { value: number; bound: number };
  allowed: (b: number, h: number, i: number, j: number) => boolean;
  value: Float32Array;
}

function reference(r: Reference) {
  const output = bounded(r.batch * r.heads * r.queries * r.columns);
  const weights = bounded(r.batch * r.heads * r.queries * r.keys);
  let at = 0;
  for (let b = 0; b < r.batch; b++) {
    for (let h = 0; h < r.heads; h++) {
      for (let i = 0; i < r.queries; i++, at++) {
        const logits = Array.from({ length: r.keys }, (_, j) => r.logit(b, h, i, j));
        const worst = Math.max(0, ...logits.map((l) => l.bound));
        const row = softmaxRow(
          logits.map((l) => l.value),
          1,
          (j) => r.allowed(b, h, i, j),
          worst,
        );
        weights.value.set(row.value, at * r.keys);
        weights.bound.set(row.bound, at * r.keys);
        for (let c = 0; c < r.columns; c++) {
          let sum = 0;
          let bound = 0;
          for (let j = 0; j < r.keys; j++) {
            const v = r.value[((b * r.heads + h) * r.keys + j) * r.columns + c]!;
            sum += row.value[j]! * v;
            bound += row.bound[j]! * Math.abs(v) + (r.keys + 4) * U * Math.abs(row.value[j]! * v);
          }
          output.value[at * r.columns + c] = sum;
          output.bound[at * r.columns + c] = bound;
        }
      }
    }
  }
  return { output, weights };
}

const lengths = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(47, 48, 49, 64, 100));
const problem = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 3 }),
  queries: lengths,
  keys: lengths,
  depth: fc.integer({ min: 1, max: 40 }),
  columns: fc.integer({ min: 1, max: 40 }),
  causal: fc.boolean(),
  mask: fc.constantFrom('none', 'full', 'keys', 'rows'),
  seed: fc.integer({ min: 0, max: 1e6 }),
});
type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

function maskOf(p: Problem) {
  const shape = {
    none: [],
    full: [p.batch, p.heads, p.queries, p.keys],
    keys: [p.batch, 1, 1, p.keys],
    rows: [p.queries, 1],
  }[p.mask]!;
  const data = randomMask(
    shape.reduce((a, b) => a * b, 1),
    p.seed + 9,
    0.6,
  );
  const at = (b: number, h: number, i: number, j: number): boolean =>
    ({
      none: true,
      full: data[((b * p.heads + h) * p.queries + i) * p.keys + j] === 1,
      keys: data[b * p.keys + j] === 1,
      rows: data[i] === 1,
    })[p.mask]!;
  return {
    options: { causal: p.causal, ...(p.mask === 'none' ? {} : { mask: { data, shape } }) },
    allowed: (b: number, h: number, i: number, j: number) => (!p.causal || j <= i) && at(b, h, i, j),
  };
}

function dotProduct(p: Problem, scale: number, amplitude = 2) {
  const { batch, heads, queries, keys, depth, columns } = p;
  const query = {
    data: uniform(batch * heads * queries * depth, p.seed, -amplitude, amplitude),
    shape: [batch, heads, queries, depth],
  };
  const key = { data: uniform(batch * heads * keys * depth, p.seed + 1), shape: [batch, heads, keys, depth] };
  const value = {
    data: uniform(batch * heads * keys * columns, p.seed + 2),
    shape: [batch, heads, keys, columns],
  };
  const logit = (b: number, h: number, i: number, j: number) => {
    let sum = 0;
    let magnitude = 0;
    for (let c = 0; c < depth; c++) {
      const product =
        query.data[((b * heads + h) * queries + i) * depth + c]! *
        key.data[((b * heads + h) * keys + j) * depth + c]!;
      sum += product;
      magnitude += Math.abs(product);
    }
    return { value: sum * scale, bound: Math.abs(scale) * (depth + 2) * U * magnitude };
  };
  return { query, key, value, logit };
}

describe('dot-product attention', () => {
  it('equals float64 within the bound for any shape, mask and causality', () => {
    fc.assert(
      fc.property(problem, fc.constantFrom(undefined, 0.3, -0.7, 0), (p, given) => {
        const scale = given ?? 1 / Math.sqrt(p.depth);
        const { query, key, value, logit } = dotProduct(p, scale);
        const { options, allowed } = maskOf(p);
        const expected = reference({ ...p, logit, allowed, value: value.data });
        const withScale = { ...options, ...(given === undefined ? {} : { scale: given }) };
        const output = attention(query, key, value, withScale);
        expectWithin(output.data, expected.output, JSON.stringify(p));
        const both = attentionWithWeights(query, key, value, withScale);
        expectWithin(both.output.data, expected.output, JSON.stringify(p));
        expectWithin(both.weights.data, expected.weights, JSON.stringify(p));
      }),
      { numRuns: 36 },
    );
  });

  it('carries maximum and sum from one block of keys to the next', () => {
    for (const causal of [false, true]) {
      const p: Problem = {
        batch: 1,
        heads: 1,
        queries: 70,
        keys: 1100,
        depth: 4,
        columns: 3,
        causal,
        mask: 'keys',
        seed: 4,
      };
      // Amplitudes that make the row maximum jump between blocks.
      const { query, key, value, logit } = dotProduct(p, 1, 20);
      const { options, allowed } = maskOf(p);
      const expected = reference({ ...p, logit, allowed, value: value.data });
      expectWithin(
        attention(query, key, value, { ...options, scale: 1 }).data,
        expected.output,
        `causal ${causal}`,
      );
    }
  });

  it('gives equal bits at once and on the pool', async () => {
    const p: Problem = {
      batch: 2,
      heads: 3,
      queries: 150,
      keys: 90,
      depth: 32,
      columns: 32,
      causal: false,
      mask: 'none',
      seed: 8,
    };
    const { query, key, value } = dotProduct(p, 1);
    const atOnce = attention(query, key, value);
    const onPool = await attentionAsync(query, key, value);
    expect(Buffer.from(onPool.data.buffer).equals(Buffer.from(atOnce.data.buffer))).toBe(true);
  });

  it('gives zeros where there is nothing to attend', () => {
    const value = { data: uniform(0, 1), shape: [1, 0, 3] };
    const query = { data: uniform(4, 1), shape: [1, 2, 2] };
    expect([...attention(query, { data: uniform(0, 1), shape: [1, 0, 2] }, value).data]).toEqual(
      new Array(6).fill(0),
    );
  });

  it('refuses operands that do not fit', () => {
    const t = (...shape: number[]) => ({
      data: uniform(
        shape.reduce((a, b) => a * b, 1),
        1,
      ),
      shape,
    });
    expect(() => attention(t(1, 2, 3), t(1, 2, 4), t(1, 2, 3))).toThrow(
      'key: columns (as query): expected 3 but received 4',
    );
    expect(() => attention(t(1, 2, 3), t(1, 5, 3), t(1, 4, 3))).toThrow(
      'value: rows (as key): expected 5 but received 4',
    );
    expect(() => attention(t(2, 2, 3), t(1, 2, 3), t(1, 2, 3))).toThrow(
      'key: leading axes: expected shape [2] but received [1]',
    );
    expect(() =>
      attention(t(1, 2, 3), t(1, 2, 3), t(1, 2, 3), { mask: { data: new Uint8Array(3), shape: [1, 3] } }),
    ).toThrow('mask');
  });
});

describe('random synthetic attention', () => {
  const random = fc.record({
    problem,
    maxLength: fc.constantFrom(100, 101, 130),
    range: fc.constantFrom(1, 10, 60),
  });

  it('equals softmax of the sliced scores within the bound, underflow of prepared sums included', () => {
    fc.assert(
      fc.property(random, ({ problem: p, maxLength: n, range }) => {
        const { heads, queries, keys, columns } = p;
        const r = { data: uniform(heads * n * n, p.seed, -range, range), shape: [heads, n, n] };
        const value = {
          data: uniform(p.batch * heads * keys * columns, p.seed + 2),
          shape: [p.batch, heads, keys, columns],
        };
        const { options, allowed } = maskOf(p);
        const logit = (_: number, h: number, i: number, j: number) => ({
          value: r.data[(h * n + i) * n + j]!,
          bound: 0,
        });
        // Preparing subtracts the maximum of the whole row: arguments, and so their rounding, may be twice as large.
        const wider = (b: number, h: number, i: number, j: number) => ({
          ...logit(b, h, i, j),
          bound: 4 * range * U,
        });
        const expected = reference({ ...p, logit: wider, allowed, value: value.data });
        const actual = randomAttention(new PreparedScores(r), value, { ...options, queries });
        expectWithin(actual.data, expected.output, JSON.stringify({ ...p, n, range }));
      }),
      { numRuns: 36 },
    );
  });

  it('falls back where the row maximum lies beyond the length in use', () => {
    const n = 40;
    const data = uniform(n * n, 1);
    for (let i = 0; i < n; i++) data[i * n + 39] = 200;
    const value = { data: uniform(10 * 3, 2), shape: [1, 10, 3] };
    const expected = reference({
      batch: 1,
      heads: 1,
      queries: 10,
      keys: 10,
      columns: 3,
      logit: (_b, _h, i, j) => ({ value: data[i * n + j]!, bound: 0 }),
      allowed: () => true,
      value: value.data,
    });
    expectWithin(
      randomAttention(new PreparedScores({ data, shape: [1, n, n] }), value).data,
      expected.output,
    );
  });

  it('refuses lengths beyond the prepared one', () => {
    const scores = new PreparedScores({ data: uniform(16, 1), shape: [1, 4, 4] });
    const value = { data: uniform(10, 1), shape: [1, 5, 2] };
    expect(() => randomAttention(scores, value)).toThrow(
      'queries: expected at most 4 (the prepared length) but received 5',
    );
  });
});

describe('dense synthetic attention', () => {
  it('equals float64 within the bound, with W2 a head or shared', () => {
    fc.assert(
      fc.property(problem, fc.boolean(), fc.constantFrom('none', 'shared', 'each'), (p, shared, biasKind) => {
        const { batch, heads, queries, keys, depth, columns } = p;
        const n = keys + (p.seed % 7);
        const hidden = {
          data: uniform(batch * heads * queries * depth, p.seed, 0, 1),
          shape: [batch, heads, queries, depth],
        };
        const kernel = {
          data: uniform((shared ? 1 : heads) * depth * n, p.seed + 1),
          shape: shared ? [depth, n] : [heads, depth, n],
        };
        const bias = {
          data: uniform((biasKind === 'each' ? heads : 1) * n, p.seed + 3),
          shape: biasKind === 'each' ? [heads, n] : [n],
        };
        const value = {
          data: uniform(batch * heads * keys * columns, p.seed + 2),
          shape: [batch, heads, keys, columns],
        };
        const { options, allowed } = maskOf(p);
        const logit = (b: number, h: number, i: number, j: number) => {
          let sum = biasKind === 'none' ? 0 : bias.data[biasKind === 'each' ? h * n + j : j]!;
          let magnitude = Math.abs(sum);
          for (let c = 0; c < depth; c++) {
            const w = kernel.data[((shared ? 0 : h) * depth + c) * n + j]!;
            const product = hidden.data[((b * heads + h) * queries + i) * depth + c]! * w;
            sum += product;
            magnitude += Math.abs(product);
          }
          return { value: sum, bound: (depth + 2) * U * magnitude };
        };
        const expected = reference({ ...p, logit, allowed, value: value.data });
        const actual = denseAttention(hidden, new PackedMatrix(kernel), value, {
          ...options,
          ...(biasKind === 'none' ? {} : { bias }),
        });
        expectWithin(actual.data, expected.output, JSON.stringify(p));
      }),
      { numRuns: 30 },
    );
  });
});
