import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { info } from '../../lib/diagnostics.js';
import { ArgumentError, ShapeError } from '../../lib/errors.js';
import { int8Matmul, int8MatmulAsync, matmul, QuantizedMatrix } from '../../lib/kernels/index.js';
import { uniform } from '../support/random.js';
import {
  type ActivationName,
  activate,
  activationBound,
  type Bounded,
  bounded,
  expectWithin,
  U,
} from '../support/reference.js';

/** Steps that the largest magnitude of a column is sure to get: two neighbours of equal size share 127 where they are summed. */
const LEVELS = info().int8.includes('pairs') ? 63.5 : 127;

const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 70 }));
const problem = fc.record({
  m: size,
  n: size,
  k: fc.oneof(size, fc.constantFrom(384, 1537)),
  transpose: fc.boolean(),
  bias: fc.boolean(),
  residual: fc.boolean(),
  activation: fc.constantFrom<ActivationName>('none', 'relu', 'gelu', 'geluTanh', 'silu'),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

function inputs(p: Problem) {
  const { m, n, k, seed } = p;
  return {
    a: uniform(m * k, seed, -1, 2),
    b: uniform(k * n, seed + 1),
    bias: p.bias ? uniform(n, seed + 2) : undefined,
    residual: p.residual ? uniform(m * n, seed + 3) : undefined,
  };
}

/**
 * The float64 product, and how far half a step an element on both sides can take it:
 * |(a + da)(b + db) - a b| <= |a| db + |b| da + da db.
 */
function reference(p: Problem, { a, b, bias, residual }: ReturnType<typeof inputs>): Bounded {
  const { m, n, k } = p;
  const at = (q: number, j: number) => b[p.transpose ? j * k + q : q * n + j]!;
  const largest = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let q = 0; q < k; q++) largest[j] = Math.max(largest[j]!, Math.abs(at(q, j)));
  }
  const out = bounded(m * n);
  for (let i = 0; i < m; i++) {
    const row = a.subarray(i * k, (i + 1) * k);
    const span = Math.max(0, ...row) - Math.min(0, ...row);
    // The zero point is rounded to a step too: an end of the range can be half a step off, and clamped.
    const stepA = (1.01 * span) / 255;
    for (let j = 0; j < n; j++) {
      const stepB = (0.505 * largest[j]!) / LEVELS;
      let value = bias?.[j] ?? 0;
      let bound = 0;
      let magnitude = Math.abs(value);
      for (let q = 0; q < k; q++) {
        value += row[q]! * at(q, j);
        magnitude += Math.abs(row[q]! * at(q, j));
        bound += Math.abs(row[q]!) * stepB + Math.abs(at(q, j)) * stepA + stepA * stepB;
      }
      bound = activationBound(p.activation, value, bound + 8 * U * magnitude);
      value = activate(p.activation, value) + (residual?.[i * n + j] ?? 0);
      out.value[i * n + j] = value;
      out.bound[i * n + j] = bound + 2 * U * (Math.abs(value) + 1);
    }
  }
  return out;
}

function check(p: Problem): void {
  const given = inputs(p);
  const { m, n, k } = p;
  using weights = new QuantizedMatrix(
    { data: given.b, shape: p.transpose ? [n, k] : [k, n] },
    { transpose: p.transpose },
  );
  const actual = int8Matmul({ data: given.a, shape: [m, k] }, weights, {
    activation: p.activation,
    ...(given.bias ? { bias: { data: given.bias, shape: [n] } } : {}),
    ...(given.residual ? { residual: { data: given.residual, shape: [m, n] } } : {}),
  });
  expect(actual.shape).toEqual([m, n]);
  expectWithin(actual.data, reference(p, given), JSON.stringify(p));
}

describe('int8Matmul', () => {
  it('is within half a step an operand of the float64 product, for any shape and epilogue', () => {
    fc.assert(fc.property(problem, check), { numRuns: 60 });
  });

  it('is off by less than 1 % of the norm of the result', () => {
    const [m, n, k] = [8, 96, 768];
    const a = { data: uniform(m * k, 1), shape: [m, k] };
    const b = { data: uniform(k * n, 2), shape: [k, n] };
    const exact = matmul(a, b).data;
    let error = 0;
    let norm = 0;
    int8Matmul(a, new QuantizedMatrix(b)).data.forEach((value, i) => {
      error += (value - exact[i]!) ** 2;
      norm += exact[i]! ** 2;
    });
    // Rows of 96 columns scatter around it; steps of uniform operands say 0.55 % (8 bits) and 0.87 % (half as many steps).
    const expected = Math.hypot(100 / 255, 50 / LEVELS) / 100;
    expect(Math.sqrt(error / norm)).toBeLessThan(Math.min(0.01, 1.15 * expected));
    expect(Math.sqrt(error / norm)).toBeGreaterThan(0.5 * expected);
  });

  it('does not saturate where every product is as large as it gets', () => {
    const k = 4096;
    const ones = { data: new Float32Array(3 * k).fill(1), shape: [3, k] };
    const weights = new QuantizedMatrix({ data: new Float32Array(k * 2).fill(-1), shape: [k, 2] });
    expect([...int8Matmul(ones, weights).data]).toEqual(new Array(6).fill(-k));
  });

  it('takes leading axes, and gives the same on the pool and into memory of the caller', async () => {
    const a = { data: uniform(2 * 3 * 40, 3), shape: [2, 3, 40] };
    const weights = new QuantizedMatrix({ data: uniform(40 * 5, 4), shape: [40, 5] });
    const at_once = int8Matmul(a, weights);
    expect(at_once.shape).toEqual([2, 3, 5]);
    const out = { data: new Float32Array(30), shape: [2, 3, 5] };
    expect((await int8MatmulAsync(a, weights, { out })).data).toBe(out.data);
    expect(out.data).toEqual(at_once.data);
  });

  it('takes a quarter of the memory, and gives it back', () => {
    const weights = new QuantizedMatrix({ data: uniform(512 * 256, 5), shape: [512, 256] });
    expect(weights.bytes).toBeGreaterThanOrEqual(512 * 256);
    expect(weights.bytes).toBeLessThan(512 * 256 * 1.1);
    weights.dispose();
    expect(weights.bytes).toBe(0);
    expect(() => int8Matmul({ data: new Float32Array(512), shape: [1, 512] }, weights)).toThrow(
      'this QuantizedMatrix cannot be used any more: it has been disposed',
    );
  });

  it('refuses what does not fit, with one sentence', () => {
    const weights = new QuantizedMatrix({ data: uniform(6, 1), shape: [3, 2] });
    const a = { data: new Float32Array(4), shape: [1, 4] };
    expect(() => int8Matmul(a, weights)).toThrow(ShapeError);
    expect(() => int8Matmul({ data: new Float32Array(3), shape: [3] }, weights)).toThrow(ShapeError);
    expect(() => int8Matmul(a, {} as QuantizedMatrix)).toThrow(ArgumentError);
    expect(() => new QuantizedMatrix({ data: new Float32Array(3), shape: [3] })).toThrow(ShapeError);
    expect(() => new QuantizedMatrix({ data: new Float32Array(65537), shape: [65537, 1] })).toThrow(
      'b: expected k <= 65536 but received 65537',
    );
  });

  it('makes rows and columns with NaN or infinity NaN, and no others', () => {
    const [m, n, k] = [3, 4, 9];
    const a = uniform(m * k, 7);
    const b = uniform(k * n, 8);
    a[1 * k + 2] = Number.NaN;
    b[3 * n + 1] = Number.POSITIVE_INFINITY;
    const { data } = int8Matmul({ data: a, shape: [m, k] }, new QuantizedMatrix({ data: b, shape: [k, n] }));
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) expect(Number.isNaN(data[i * n + j]!)).toBe(i === 1 || j === 1);
    }
  });
});
