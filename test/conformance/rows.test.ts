import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { embedding, gate, gelu, l2Normalize, layerNorm, pool, softmax } from '../../lib/kernels/index.js';
import { randomMask, uniform } from '../support/random.js';
import { activate, bounded, expectWithin, softmaxRow, U } from '../support/reference.js';

const seed = fc.integer({ min: 0, max: 1e6 });

describe('softmax', () => {
  const problem = fc.record({
    rows: fc.integer({ min: 0, max: 12 }),
    columns: fc.integer({ min: 1, max: 70 }),
    range: fc.constantFrom(1e-3, 1, 30, 1e4),
    scale: fc.constantFrom(1, 0.125, -0.5, 0, 3),
    masked: fc.boolean(),
    causal: fc.boolean(),
    inPlace: fc.boolean(),
    seed,
  });

  it('equals float64 within the bound; masked positions and fully masked rows are exactly 0', () => {
    fc.assert(
      fc.property(problem, (p) => {
        const x = uniform(p.rows * p.columns, p.seed, -p.range, p.range);
        const mask = p.masked ? randomMask(x.length, p.seed + 1, 0.3) : undefined;
        const shape = [p.rows, p.columns];
        const input = { data: x.slice(), shape };
        const actual = softmax(input, {
          scale: p.scale,
          causal: p.causal,
          ...(mask ? { mask: { data: mask, shape } } : {}),
          ...(p.inPlace ? { out: input } : {}),
        });
        if (p.inPlace) expect(actual.data).toBe(input.data);
        for (let r = 0; r < p.rows; r++) {
          const from = r * p.columns;
          const allowed = (j: number) => (!p.causal || j <= r) && mask?.[from + j] !== 0;
          const row = actual.data.subarray(from, from + p.columns);
          expectWithin(
            row,
            softmaxRow(x.subarray(from, from + p.columns), p.scale, allowed),
            JSON.stringify(p),
          );
          for (let j = 0; j < p.columns; j++) if (!allowed(j)) expect(row[j]).toBe(0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('takes exponentials within 1.5 ULP over the whole range', () => {
    // Of two logits 0 and x the second weighs e^x / (1 + e^x): the exponential, then three more roundings.
    const count = 60_000;
    const x = Float32Array.from({ length: 2 * count }, (_, i) =>
      i % 2 === 0 ? 0 : (-87.3 * i) / (2 * count),
    );
    const y = softmax({ data: x, shape: [count, 2] }).data;
    const expected = bounded(count);
    for (let i = 0; i < count; i++) {
      const e = Math.exp(x[2 * i + 1]!);
      expected.value[i] = e / (1 + e);
      expected.bound[i] = expected.value[i]! * (3 + 3) * U;
    }
    expectWithin(
      y.filter((_, i) => i % 2 === 1),
      expected,
    );
  });

  it('is finite for any finite input', () => {
    const large = 3.4e38;
    for (const scale of [1, -1, 0, 1e38, 1e-38]) {
      const x = Float32Array.from([large, -large, 0, large, 1e-40, -large, 5, 1, 2]);
      const y = softmax({ data: x, shape: [1, 9] }, { scale }).data;
      expect(y.every(Number.isFinite)).toBe(true);
      expect(Math.abs(y.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-6);
    }
  });

  it('counts -infinity as masked and lets NaN be seen', () => {
    const row = (...values: number[]) => ({ data: Float32Array.from(values), shape: [1, values.length] });
    const none = Number.NEGATIVE_INFINITY;
    expect([...softmax(row(none, none)).data]).toEqual([0, 0]);
    expect([...softmax(row(none, 3)).data]).toEqual([0, 1]);
    expect([...softmax(row(Number.NaN, 1)).data]).toEqual([Number.NaN, Number.NaN]);
    expect([...softmax(row(Number.NaN, Number.NaN)).data]).toEqual([Number.NaN, Number.NaN]);
  });

  it('broadcasts masks over leading axes', () => {
    const x = { data: uniform(2 * 3 * 4 * 5, 1), shape: [2, 3, 4, 5] };
    for (const maskShape of [[5], [4, 5], [1, 1, 4, 5], [2, 1, 1, 5], [2, 3, 4, 1], [1], [3, 4, 5]]) {
      const size = maskShape.reduce((a, b) => a * b, 1);
      const mask = randomMask(size, 7, 0.6);
      const y = softmax(x, { mask: { data: mask, shape: maskShape } }).data;
      const strides = maskShape.map((d, i) =>
        d === 1 ? 0 : maskShape.slice(i + 1).reduce((a, b) => a * b, 1),
      );
      for (let r = 0; r < 24; r++) {
        const index = [Math.floor(r / 12), Math.floor(r / 4) % 3, r % 4];
        const allowed = (j: number) => {
          const full = [...index, j].slice(4 - maskShape.length);
          return mask[full.reduce((sum, at, i) => sum + at * strides[i]!, 0)] === 1;
        };
        expectWithin(
          y.subarray(r * 5, r * 5 + 5),
          softmaxRow(x.data.subarray(r * 5, r * 5 + 5), 1, allowed),
          `${maskShape}`,
        );
      }
    }
  });

  it('refuses a mask that does not broadcast', () => {
    const x = { data: uniform(6, 1), shape: [2, 3] };
    expect(() => softmax(x, { mask: { data: new Uint8Array(2), shape: [2] } })).toThrow(
      'mask: expected a shape that broadcasts to [2, 3] but received [2]',
    );
  });
});

describe('layerNorm', () => {
  it('equals float64 within the bound, in place or not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 80 }),
        fc.constantFrom(0, 5, 1000),
        fc.boolean(),
        fc.boolean(),
        seed,
        (rows, columns, mean, affine, inPlace, s) => {
          const x = uniform(rows * columns, s, mean - 1, mean + 1);
          const gamma = uniform(columns, s + 1);
          const beta = uniform(columns, s + 2);
          const epsilon = 1e-3;
          const input = { data: x.slice(), shape: [rows, columns] };
          const actual = layerNorm(input, {
            epsilon,
            ...(affine
              ? { gamma: { data: gamma, shape: [columns] }, beta: { data: beta, shape: [columns] } }
              : {}),
            ...(inPlace ? { out: input } : {}),
          });
          const expected = bounded(x.length);
          for (let r = 0; r < rows; r++) {
            const row = x.subarray(r * columns, (r + 1) * columns);
            const average = row.reduce((a, b) => a + b, 0) / columns;
            const magnitude = row.reduce((a, b) => a + Math.abs(b), 0) / columns;
            const variance = row.reduce((a, b) => a + (b - average) ** 2, 0) / columns;
            const deviation = Math.sqrt(variance + epsilon);
            // The corrected mean errs by the rounding of the differences and, to second order, by that of the sum.
            const meanError = (columns + 4) * U * (deviation + (columns + 2) * U * magnitude);
            for (let j = 0; j < columns; j++) {
              const z = (row[j]! - average) / deviation;
              const zError =
                (2 * meanError + U * Math.abs(row[j]!)) / deviation + Math.abs(z) * (columns + 12) * U;
              const g = affine ? gamma[j]! : 1;
              expected.value[r * columns + j] = z * g + (affine ? beta[j]! : 0);
              expected.bound[r * columns + j] =
                Math.abs(g) * (zError + Math.abs(z) * (meanError / deviation) ** 2) + 4 * U;
            }
          }
          expectWithin(actual.data, expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('gives beta for a constant row', () => {
    const y = layerNorm(
      { data: new Float32Array(19).fill(3), shape: [19] },
      { beta: { data: uniform(19, 1), shape: [19] } },
    );
    expect([...y.data]).toEqual([...uniform(19, 1)]);
  });
});

describe('gate', () => {
  it('equals x / (1 + e^-g) within 6 u, in place too', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 200 }),
        fc.constantFrom(5, 80),
        fc.boolean(),
        seed,
        (n, range, own, s) => {
          const x = uniform(n, s, -3, 3);
          const g = uniform(n, s + 1, -range, range);
          const input = { data: x.slice(), shape: [n] };
          const actual = gate(input, { data: g, shape: [n] }, own ? { out: input } : {});
          if (own) expect(actual.data).toBe(input.data);
          const expected = bounded(n);
          for (let i = 0; i < n; i++) {
            expected.value[i] = x[i]! / (1 + Math.exp(-g[i]!));
            expected.bound[i] = 6 * U * Math.abs(expected.value[i]!);
          }
          expectWithin(actual.data, expected, `n ${n}, range ${range}`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('refuses a gate of another shape', () => {
    const [x, g] = [
      { data: new Float32Array(6), shape: [2, 3] },
      { data: new Float32Array(6), shape: [3, 2] },
    ];
    expect(() => gate(x, g)).toThrow('gate: expected shape [2, 3] but received [3, 2]');
  });
});

describe('gelu', () => {
  it('errs by at most 1e-6 max(1, |x|) in both forms', () => {
    const x = Float32Array.from({ length: 20_003 }, (_, i) => (i - 10_000) / 700);
    for (const approximate of [false, true]) {
      const y = gelu({ data: x, shape: [x.length] }, { approximate }).data;
      const expected = bounded(x.length);
      x.forEach((v, i) => {
        expected.value[i] = activate(approximate ? 'geluTanh' : 'gelu', v);
        expected.bound[i] = 1e-6 * Math.max(1, Math.abs(v));
      });
      expectWithin(y, expected, `approximate ${approximate}`);
    }
  });

  it('keeps its limits', () => {
    const y = gelu({ data: Float32Array.from([1e30, -1e30, 0, -0, Number.NaN]), shape: [5] }).data;
    expect(y[0]).toBe(Math.fround(1e30));
    expect(Math.abs(y[1]!)).toBeLessThan(1e-8);
    expect(y[2]).toBeCloseTo(0);
    expect(y[4]).toBeNaN();
  });
});

describe('embedding', () => {
  it('sums one row of each table', () => {
    const words = { data: uniform(11 * 21, 1), shape: [11, 21] };
    const positions = { data: uniform(4 * 21, 2), shape: [4, 21] };
    const ids = Int32Array.from([10, 0, 3, 3, 7]);
    const at = Int32Array.from([0, 1, 2, 3, 0]);
    const y = embedding([
      { table: words, ids },
      { table: positions, ids: at },
    ]);
    expect(y.shape).toEqual([5, 21]);
    for (let i = 0; i < 5; i++) {
      for (let j = 0; j < 21; j++) {
        expect(y.data[i * 21 + j]).toBe(
          Math.fround(words.data[ids[i]! * 21 + j]! + positions.data[at[i]! * 21 + j]!),
        );
      }
    }
  });

  it('refuses ids outside of the table', () => {
    const table = { data: uniform(6, 1), shape: [2, 3] };
    expect(() => embedding([{ table, ids: Int32Array.from([0, 2]) }])).toThrow(
      'tables[0].ids[1]: expected a row from 0 to 1 but received 2',
    );
    expect(() => embedding([{ table, ids: Int32Array.from([-1]) }])).toThrow('but received -1');
  });
});

describe('pool and l2Normalize', () => {
  it('pools packed sequences by mean, first row and maximum; an empty one gives zeros', () => {
    const columns = 19;
    const offsets = Int32Array.from([0, 3, 3, 4, 10]);
    const x = { data: uniform(10 * columns, 3), shape: [10, columns] };
    for (const mode of ['mean', 'cls', 'max'] as const) {
      const y = pool(x, offsets, { mode });
      expect(y.shape).toEqual([4, columns]);
      const expected = bounded(4 * columns);
      for (let s = 0; s < 4; s++) {
        for (let j = 0; j < columns; j++) {
          const values: number[] = [];
          for (let i = offsets[s]!; i < offsets[s + 1]!; i++) values.push(x.data[i * columns + j]!);
          if (values.length === 0) continue;
          const value = {
            mean: values.reduce((a, b) => a + b, 0) / values.length,
            cls: values[0]!,
            max: Math.max(...values),
          }[mode];
          expected.value[s * columns + j] = value;
          expected.bound[s * columns + j] = mode === 'mean' ? 10 * U : 0;
        }
      }
      expectWithin(y.data, expected, mode);
    }
  });

  it('writes zeros where no sequence has rows', () => {
    const out = { data: new Float32Array(6).fill(7), shape: [2, 3] };
    pool({ data: uniform(12, 3), shape: [4, 3] }, Int32Array.of(0, 0, 0), { out });
    expect([...out.data]).toEqual(new Array(6).fill(0));
  });

  it('refuses offsets that descend or pass the end', () => {
    const x = { data: uniform(6, 1), shape: [3, 2] };
    expect(() => pool(x, Int32Array.from([0, 2, 1]))).toThrow(
      'offsets[2]: expected offsets that ascend from 0',
    );
    expect(() => pool(x, Int32Array.from([1, 2]))).toThrow('offsets[0]: expected offsets that ascend from 0');
    expect(() => pool(x, Int32Array.from([0, 4]))).toThrow(
      'offsets: expected an end of at most 3 but received 4',
    );
  });

  it('scales rows to unit length over the whole range of float32', () => {
    for (const magnitude of [1, 1e-5, 1e30, 1e-11]) {
      const x = { data: uniform(3 * 37, 5, -magnitude, magnitude), shape: [3, 37] };
      const y = l2Normalize(x);
      const expected = bounded(x.data.length);
      for (let r = 0; r < 3; r++) {
        let norm = 0;
        for (let j = 0; j < 37; j++) norm += x.data[r * 37 + j]! ** 2;
        norm = Math.max(1e-12, Math.sqrt(norm));
        for (let j = 0; j < 37; j++) {
          expected.value[r * 37 + j] = x.data[r * 37 + j]! / norm;
          expected.bound[r * 37 + j] = Math.abs(expected.value[r * 37 + j]!) * 50 * U;
        }
      }
      expectWithin(y.data, expected, `magnitude ${magnitude}`);
    }
    // The last one is subnormal: its reciprocal is infinite.
    for (const epsilon of [1e-12, 1e-40]) {
      const zeros = { data: new Float32Array(9), shape: [1, 9] };
      expect([...l2Normalize(zeros, { epsilon }).data]).toEqual(new Array(9).fill(0));
    }
  });
});
