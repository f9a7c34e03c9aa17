import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ShapeError } from '../../lib/errors.js';
import { matmul, matmulAsync, PackedMatrix } from '../../lib/kernels/index.js';
import { addon } from '../../lib/native/load.js';
import { uniform } from '../support/random.js';
import { type ActivationName, expectWithin, matmulReference } from '../support/reference.js';

const size = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 70 }));
const problem = fc.record({
  m: size,
  n: size,
  k: fc.oneof(size, fc.constantFrom(384, 385, 800)),
  transposeA: fc.boolean(),
  transposeB: fc.boolean(),
  packed: fc.boolean(),
  bias: fc.boolean(),
  residual: fc.boolean(),
  activation: fc.constantFrom<ActivationName>('none', 'relu', 'gelu', 'geluTanh', 'silu'),
  seed: fc.integer({ min: 0, max: 1e6 }),
});

type Problem = typeof problem extends fc.Arbitrary<infer T> ? T : never;

function check(p: Problem): void {
  const { m, n, k } = p;
  const a = { data: uniform(m * k, p.seed), shape: p.transposeA ? [k, m] : [m, k] };
  const b = { data: uniform(k * n, p.seed + 1), shape: p.transposeB ? [n, k] : [k, n] };
  const bias = p.bias ? { data: uniform(n, p.seed + 2), shape: [n] } : undefined;
  const residual = p.residual ? { data: uniform(m * n, p.seed + 3), shape: [m, n] } : undefined;
  const right = p.packed ? new PackedMatrix(b, { transpose: p.transposeB }) : b;
  const actual = matmul(a, right, {
    transposeA: p.transposeA,
    transposeB: p.packed ? false : p.transposeB,
    activation: p.activation,
    ...(bias ? { bias } : {}),
    ...(residual ? { residual } : {}),
  });
  expect(actual.shape).toEqual([m, n]);
  const expected = matmulReference({
    m,
    n,
    k,
    a: (i, q) => a.data[p.transposeA ? q * m + i : i * k + q]!,
    b: (q, j) => b.data[p.transposeB ? j * k + q : q * n + j]!,
    bias: bias?.data,
    residual: residual?.data,
    activation: p.activation,
  });
  expectWithin(actual.data, expected, JSON.stringify(p));
}

describe('matmul', () => {
  it('equals a float64 product within n u |A||B| for any shape, transposition and epilogue', () => {
    fc.assert(fc.property(problem, check), { numRuns: 120 });
  });

  it('is right around the edges of every block', () => {
    for (const m of [1, 5, 6, 7, 24, 25, 95, 96, 97]) {
      for (const n of [1, 7, 8, 15, 16, 17, 33]) {
        const base = {
          bias: true,
          residual: true,
          activation: 'none' as const,
          transposeA: false,
          transposeB: false,
        };
        check({ ...base, m, n, k: 17, packed: m % 2 === 0, seed: m * n });
      }
    }
  });

  it('packs rows of A that would share cache sets', () => {
    check({
      m: 13,
      n: 131,
      k: 512,
      transposeA: false,
      transposeB: true,
      packed: true,
      bias: false,
      residual: true,
      activation: 'none',
      seed: 3,
    });
  });

  it('broadcasts leading axes', () => {
    const a = { data: uniform(2 * 3 * 4 * 5, 1), shape: [2, 3, 4, 5] };
    const b = { data: uniform(3 * 5 * 6, 2), shape: [3, 5, 6] };
    const actual = matmul(a, b);
    expect(actual.shape).toEqual([2, 3, 4, 6]);
    for (let outer = 0; outer < 2; outer++) {
      for (let inner = 0; inner < 3; inner++) {
        const batch = outer * 3 + inner;
        const expected = matmulReference({
          m: 4,
          n: 6,
          k: 5,
          a: (i, p) => a.data[batch * 20 + i * 5 + p]!,
          b: (p, j) => b.data[inner * 30 + p * 6 + j]!,
        });
        expectWithin(actual.data.subarray(batch * 24, (batch + 1) * 24), expected);
      }
    }
  });

  it('multiplies every batch with its own matrix, and one matrix with all', () => {
    for (const [shapeA, shapeB] of [
      ['7 4 5', '7 5 6'],
      ['7 4 5', '5 6'],
      ['4 5', '7 5 6'],
      ['1 4 5', '7 5 6'],
    ] as const) {
      const operand = (text: string, seed: number) => {
        const shape = text.split(' ').map(Number);
        return {
          data: uniform(
            shape.reduce((x, y) => x * y, 1),
            seed,
          ),
          shape,
        };
      };
      const a = operand(shapeA, 1);
      const b = operand(shapeB, 2);
      const actual = matmul(a, b);
      expect(actual.shape).toEqual([7, 4, 6]);
      const stepA = a.data.length > 20 ? 20 : 0;
      const stepB = b.data.length > 30 ? 30 : 0;
      for (let batch = 0; batch < 7; batch++) {
        const expected = matmulReference({
          m: 4,
          n: 6,
          k: 5,
          a: (i, p) => a.data[batch * stepA + i * 5 + p]!,
          b: (p, j) => b.data[batch * stepB + p * 6 + j]!,
        });
        expectWithin(actual.data.subarray(batch * 24, (batch + 1) * 24), expected, `${shapeA} ${shapeB}`);
      }
    }
  });

  it('multiplies by each of several packed matrices', () => {
    const b = { data: uniform(3 * 5 * 6, 2), shape: [3, 5, 6] };
    const packed = new PackedMatrix(b);
    const residual = { data: uniform(2 * 3 * 4 * 6, 4), shape: [2, 3, 4, 6] };
    for (const shape of [
      [3, 4, 5],
      [4, 5],
      [1, 4, 5],
      [2, 3, 4, 5],
      [2, 1, 4, 5],
    ]) {
      const size = shape.reduce((x, y) => x * y, 1);
      const a = { data: uniform(size, 1), shape };
      const options = shape[0] === 2 ? { residual } : { bias: { data: uniform(6, 3), shape: [6] } };
      const [actual, expected] = [matmul(a, packed, options), matmul(a, b, options)];
      expect([actual.shape, ...actual.data]).toEqual([expected.shape, ...expected.data]);
    }
    expect(() => matmul({ data: uniform(40, 1), shape: [2, 4, 5] }, packed)).toThrow(
      new ShapeError('b: expected leading axes that broadcast with [2] but received [3]'),
    );
  });

  it('puts the products of a batch side by side into rows of out', () => {
    // Columns of each head, times a matrix of its own, next to those of the other heads again.
    const [heads, m, k, n] = [3, 7, 4, 5];
    const [a, b, bias] = [uniform(m * heads * k, 1), uniform(heads * k * n, 2), uniform(heads * n, 3)];
    const out = new Float32Array(m * heads * n);
    addon().matmul({
      batch: heads,
      m,
      n,
      k,
      a,
      aBatchStride: k,
      aRowStride: heads * k,
      transposeA: false,
      packed: null,
      b,
      bBatchStride: k * n,
      transposeB: false,
      bias,
      biasBatchStride: n,
      residual: null,
      activation: 0,
      out,
      outRowStride: heads * n,
      outBatchStride: n,
    });
    for (let h = 0; h < heads; h++) {
      const expected = matmulReference({
        m,
        n,
        k,
        a: (i, q) => a[(i * heads + h) * k + q]!,
        b: (q, j) => b[(h * k + q) * n + j]!,
        bias: bias.subarray(h * n, (h + 1) * n),
      });
      const columns = out.filter((_, at) => Math.floor(at / n) % heads === h);
      expectWithin(columns, expected, `head ${h}`);
    }
  });

  it('gives a row the same bits whatever rows stand beside it and on however many threads', async () => {
    const [m, n, k] = [131, 200, 700];
    const a = uniform(m * k, 5);
    const b = new PackedMatrix({ data: uniform(k * n, 6), shape: [k, n] });
    const all = await matmulAsync({ data: a, shape: [m, k] }, b);
    for (const row of [0, 1, 5, 6, 64, 95, 96, 130]) {
      const one = matmul({ data: a.slice(row * k, (row + 1) * k), shape: [1, k] }, b);
      expect(
        Buffer.from(one.data.buffer).equals(Buffer.from(all.data.slice(row * n, (row + 1) * n).buffer)),
      ).toBe(true);
    }
  });

  it('writes into out and keeps off everything else', () => {
    const guard = new Float32Array(4 * 6 + 16).fill(7);
    const out = guard.subarray(8, 8 + 24);
    const a = { data: uniform(4 * 5, 1), shape: [4, 5] };
    const b = { data: uniform(5 * 6, 2), shape: [5, 6] };
    const result = matmul(a, b, { out: { data: out, shape: [4, 6] } });
    expect(result.data).toBe(out);
    expect([...guard.subarray(0, 8), ...guard.subarray(32)]).toEqual(new Array(16).fill(7));
    expect([...out]).toEqual([...matmul(a, b).data]);
  });

  it('refuses an out that overlaps an operand', () => {
    const data = uniform(32, 1);
    const a = { data: data.subarray(0, 16), shape: [4, 4] };
    const out = { data: data.subarray(8, 24), shape: [4, 4] };
    expect(() => matmul(a, { data: uniform(16, 2), shape: [4, 4] }, { out })).toThrow('memory shared with a');
  });

  it('refuses shapes that do not fit, with one sentence', () => {
    const a = { data: new Float32Array(6), shape: [2, 3] };
    const b = { data: new Float32Array(8), shape: [4, 2] };
    expect(() => matmul(a, b)).toThrow(
      new ShapeError('b: rows (k, as columns of a): expected 3 but received 4'),
    );
    expect(() => matmul({ data: new Float32Array(5), shape: [2, 3] }, b)).toThrow(
      new ShapeError('a: expected 6 elements for shape [2, 3] but received 5 elements'),
    );
    expect(() => matmul({ data: [1, 2] as never, shape: [1, 2] }, b)).toThrow(
      'a.data: expected a Float32Array',
    );
    expect(() =>
      matmul(a, { data: new Float32Array(6), shape: [3, 2] }, { activation: 'swish' as never }),
    ).toThrow('activation: expected one of none, relu, gelu, geluTanh, silu but received "swish"');
  });

  it('refuses a packed matrix after dispose', () => {
    const packed = new PackedMatrix({ data: uniform(6, 1), shape: [3, 2] });
    packed.dispose();
    expect(() => matmul({ data: uniform(3, 1), shape: [1, 3] }, packed)).toThrow('it has been disposed');
  });
});
