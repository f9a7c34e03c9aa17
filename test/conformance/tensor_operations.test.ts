import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NativeOperations } from '../../lib/native/addon.js';
import { ReduceOp } from '../../lib/native/codes.js';
import { addon } from '../../lib/native/load.js';
import { uniform } from '../support/random.js';
import { bounded, expectWithin, softmaxRow, U } from '../support/reference.js';

const error = (message: string) => expect.objectContaining({ code: 'ERR_NATIVE', message });

/** A call with some options replaced. */
function changed<
  K extends 'reduce' | 'transpose' | 'scatterAddRows' | 'softmaxGradient' | 'layerNormGradient',
>(name: K, options: NativeOperations[K]) {
  const call = addon()[name] as (o: NativeOperations[K]) => void;
  return (change: Partial<NativeOperations[K]>) => () => call({ ...options, ...change });
}

describe('reduce', () => {
  it('equals float64 along any axis, long ones too', () => {
    for (const [outer, size, inner] of [
      [3, 5, 7],
      [40, 70, 1],
      [1, 300, 40],
      [1, 150_001, 1],
      [2, 3000, 33],
    ] as const) {
      const x = uniform(outer * size * inner, 5);
      const sum = bounded(outer * inner);
      const mean = bounded(outer * inner);
      const max = new Float32Array(outer * inner).fill(Number.NEGATIVE_INFINITY);
      const min = new Float32Array(outer * inner).fill(Number.POSITIVE_INFINITY);
      x.forEach((v, i) => {
        const at = Math.floor(i / (size * inner)) * inner + (i % inner);
        sum.value[at]! += v;
        sum.bound[at]! += (77 + size / 64) * U * Math.abs(v);
        max[at] = Math.max(max[at]!, v);
        min[at] = Math.min(min[at]!, v);
      });
      sum.value.forEach((v, i) => {
        mean.value[i] = v / size;
        mean.bound[i] = (sum.bound[i]! + U * Math.abs(v)) / size;
      });
      const run = (op: number) => {
        const out = new Float32Array(outer * inner);
        addon().reduce({ op, x, out, outer, size, inner });
        return out;
      };
      expectWithin(run(ReduceOp.sum), sum);
      expectWithin(run(ReduceOp.mean), mean);
      expect(run(ReduceOp.max)).toEqual(max);
      expect(run(ReduceOp.min)).toEqual(min);
    }
  });

  it('shows NaN, and gives the neutral element of nothing', () => {
    const x = uniform(100, 1);
    x[37] = Number.NaN;
    const empty = { sum: 0, mean: Number.NaN, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY };
    for (const [name, nothing] of Object.entries(empty)) {
      const op = ReduceOp[name as keyof typeof empty];
      const out = new Float32Array(1);
      addon().reduce({ op, x, out, outer: 1, size: 100, inner: 1 });
      expect(out[0]).toBeNaN();
      addon().reduce({ op, x, out, outer: 1, size: 0, inner: 1 });
      expect(out[0]).toBe(nothing);
    }
  });

  it('refuses what does not fit', () => {
    const call = changed('reduce', {
      op: ReduceOp.sum,
      x: new Float32Array(24),
      out: new Float32Array(8),
      outer: 2,
      size: 3,
      inner: 4,
    });
    expect(call({})).not.toThrow();
    expect(call({ op: 4 })).toThrow(error('op: expected an integer from 0 to 3 but received 4'));
    expect(call({ size: 4 })).toThrow(error('x: expected at least 32 elements but received 24'));
    expect(call({ outer: 2 ** 48, size: 2 ** 48, inner: 2 ** 48 })).toThrow('x: expected at least');
    expect(call({ size: 0, outer: 3 })).toThrow(error('out: expected at least 12 elements but received 8'));
    const shared = new Float32Array(24);
    expect(call({ x: shared, out: shared })).toThrow(
      error('out: expected memory of its own but received memory shared with x'),
    );
  });
});

describe('transpose', () => {
  it('moves every element, of floats and of integers, for every order of up to six axes', () => {
    const problem = fc.integer({ min: 0, max: 6 }).chain((axes) =>
      fc.record({
        shape: fc.array(fc.integer({ min: 0, max: axes > 4 ? 4 : 18 }), { minLength: axes, maxLength: axes }),
        permutation: fc.shuffledSubarray([...Array(axes).keys()], { minLength: axes, maxLength: axes }),
      }),
    );
    fc.assert(
      fc.property(problem, ({ shape, permutation }) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const x = Int32Array.from({ length: size }, (_, i) => i);
        const out = new Int32Array(size);
        addon().transpose({ x, out, shape, permutation });
        const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
        for (let i = 0; i < size; i++) {
          let [rest, from] = [i, 0];
          for (let d = shape.length - 1; d >= 0; d--) {
            const axis = permutation[d]!;
            from += (rest % shape[axis]!) * strides[axis]!;
            rest = Math.floor(rest / shape[axis]!);
          }
          if (out[i] !== from) throw new Error(`element ${i}: expected ${from} but received ${out[i]}`);
        }
      }),
      { numRuns: 200 },
    );
    const x = uniform(200 * 300, 1);
    const out = new Float32Array(x.length);
    addon().transpose({ x, out, shape: [200, 300], permutation: [1, 0] });
    expect(out.every((v, i) => v === x[(i % 200) * 300 + Math.floor(i / 200)])).toBe(true);
  });

  it('refuses what does not fit', () => {
    const call = changed('transpose', {
      x: new Float32Array(6),
      out: new Float32Array(6),
      shape: [2, 3],
      permutation: [1, 0],
    });
    expect(call({})).not.toThrow();
    expect(call({ permutation: [1, 1] })).toThrow(
      error('permutation: expected 2 axes, each once but received 1'),
    );
    expect(call({ permutation: [0, 2] })).toThrow(
      error('permutation: expected 2 axes, each once but received 2'),
    );
    expect(call({ permutation: [0] })).toThrow('permutation: expected 2 axes');
    expect(call({ shape: [3, 3] })).toThrow(error('x: expected at least 9 elements but received 6'));
    expect(call({ out: new Int32Array(6) })).toThrow(
      error('out: expected an array of the type of x but received one of another type'),
    );
    expect(call({ x: new Float64Array(6) as never })).toThrow('x: expected a Float32Array or an Int32Array');
    expect(call({ shape: [1, 1, 1, 1, 1, 1, 1] })).toThrow(
      error('shape: expected an array of at most 6 sizes but received 7'),
    );
  });
});

describe('gradients of softmax', () => {
  const [rows, columns] = [400, 101];

  it('equal float64, in place too', () => {
    const y = uniform(rows * columns, 1, 0, 1);
    const dy = uniform(rows * columns, 2);
    const scale = 0.25;
    const expected = bounded(y.length);
    for (let r = 0; r < y.length; r += columns) {
      let [dot, magnitude] = [0, 0];
      for (let j = r; j < r + columns; j++) {
        dot += y[j]! * dy[j]!;
        magnitude += Math.abs(y[j]! * dy[j]!);
      }
      for (let j = r; j < r + columns; j++) {
        expected.value[j] = scale * y[j]! * (dy[j]! - dot);
        expected.bound[j] = scale * y[j]! * ((columns + 2) * U * magnitude + 4 * U * Math.abs(dy[j]! - dot));
      }
    }
    addon().softmaxGradient({ y, dy, dx: dy, rows, columns, scale });
    expectWithin(dy, expected);
  });

  it('and of its logarithm', () => {
    const x = uniform(rows * columns, 3, -20, 20);
    const y = new Float32Array(x.length);
    addon().logSoftmax({ x, y, rows, columns });
    const dy = uniform(x.length, 4);
    const dx = new Float32Array(x.length);
    addon().logSoftmaxGradient({ y, dy, dx, rows, columns });
    const gradient = bounded(x.length);
    const logarithm = bounded(x.length);
    for (let r = 0; r < x.length; r += columns) {
      const softmax = softmaxRow(x.subarray(r, r + columns), 1, () => true);
      let [sum, magnitude] = [0, 0];
      for (let j = r; j < r + columns; j++) {
        sum += dy[j]!;
        magnitude += Math.abs(dy[j]!);
      }
      for (let j = 0; j < columns; j++) {
        const weight = softmax.value[j]!;
        logarithm.value[r + j] = Math.log(weight);
        logarithm.bound[r + j] = (columns + 8 + 2 * Math.abs(Math.log(weight))) * U;
        gradient.value[r + j] = dy[r + j]! - weight * sum;
        const relative = Math.expm1(logarithm.bound[r + j]!) + (columns + 8) * U;
        gradient.bound[r + j] = weight * relative * magnitude + 2 * U * Math.abs(gradient.value[r + j]!);
      }
    }
    expectWithin(y, logarithm);
    expectWithin(dx, gradient);
  });

  it('refuses what does not fit', () => {
    const [y, dy, dx] = [new Float32Array(6), new Float32Array(6), new Float32Array(7)];
    const call = changed('softmaxGradient', { y, dy, dx, rows: 2, columns: 3, scale: 1 });
    expect(call({})).not.toThrow();
    expect(call({ rows: 3 })).toThrow(error('y: expected at least 9 elements but received 6'));
    expect(call({ y: dx.subarray(1) })).toThrow(
      error('dx: expected memory of its own but received memory shared with y'),
    );
    expect(call({ scale: Number.NaN })).toThrow('scale: expected a finite number');
  });
});

describe('the gradient of layer normalisation', () => {
  it('equals differences of the normalisation itself', () => {
    const [rows, columns, epsilon] = [70, 33, 1e-3];
    const [x, gamma, dy] = [
      uniform(rows * columns, 1, 1, 3),
      uniform(columns, 2),
      uniform(rows * columns, 3),
    ];
    const [dx, dGamma, dBeta] = [
      new Float32Array(x.length),
      new Float32Array(columns),
      new Float32Array(columns),
    ];
    addon().layerNormGradient({ x, dy, dx, rows, columns, gamma, dGamma, dBeta, epsilon });
    /** sum dy y of one row, in float64. */
    const loss = (r: number, row: Float64Array, scale: ArrayLike<number>) => {
      const mean = row.reduce((a, b) => a + b, 0) / columns;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / columns;
      return row.reduce(
        (sum, v, j) => sum + (dy[r * columns + j]! * scale[j]! * (v - mean)) / Math.sqrt(variance + epsilon),
        0,
      );
    };
    const h = 1e-4;
    const rowOf = (r: number) => Float64Array.from(x.subarray(r * columns, (r + 1) * columns));
    for (let i = 0; i < x.length; i++) {
      const r = Math.floor(i / columns);
      const moved = (by: number) => {
        const row = rowOf(r);
        row[i % columns]! += by;
        return loss(r, row, gamma);
      };
      expect(Math.abs(dx[i]! - (moved(h) - moved(-h)) / (2 * h))).toBeLessThan(1e-5);
    }
    for (let j = 0; j < columns; j++) {
      const one = Float64Array.from({ length: columns }, (_, i) => (i === j ? 1 : 0));
      let [scale, shift] = [0, 0];
      for (let r = 0; r < rows; r++) {
        scale += loss(r, rowOf(r), one);
        shift += dy[r * columns + j]!;
      }
      expect(Math.abs(dGamma[j]! - scale)).toBeLessThan(1e-4);
      expect(Math.abs(dBeta[j]! - shift)).toBeLessThan(1e-5);
    }
  });

  it('refuses what does not fit', () => {
    const options = { x: new Float32Array(6), dy: new Float32Array(6), dx: new Float32Array(6), gamma: null };
    const sums = { dGamma: new Float32Array(3), dBeta: new Float32Array(3) };
    const call = changed('layerNormGradient', { ...options, ...sums, rows: 2, columns: 3, epsilon: 1e-5 });
    expect(call({})).not.toThrow();
    expect(call({ rows: 3 })).toThrow(error('x: expected at least 9 elements but received 6'));
    expect(call({ gamma: new Float32Array(2) })).toThrow(
      error('gamma: expected at least 3 elements but received 2'),
    );
    expect(call({ dBeta: sums.dGamma })).toThrow(
      error('dGamma: expected memory of its own but received memory shared with dBeta'),
    );
  });
});

describe('scatterAddRows', () => {
  it('adds rows in order and skips what has no row', () => {
    const [rows, width, outRows] = [500, 129, 37];
    const x = uniform(rows * width, 1);
    const indices = Int32Array.from({ length: rows }, (_, i) => ((i * 7919) % 41) - 2);
    const out = uniform(outRows * width, 2);
    const expected = out.slice();
    indices.forEach((row, i) => {
      if (row < 0 || row >= outRows) return;
      for (let j = 0; j < width; j++) expected[row * width + j]! += x[i * width + j]!;
    });
    addon().scatterAddRows({ x, indices, out, rows, width, outRows });
    expect(out).toEqual(expected);
  });

  it('refuses what does not fit', () => {
    const call = changed('scatterAddRows', {
      x: new Float32Array(6),
      indices: new Int32Array(2),
      out: new Float32Array(12),
      rows: 2,
      width: 3,
      outRows: 4,
    });
    expect(call({})).not.toThrow();
    expect(call({ rows: 3 })).toThrow(error('x: expected at least 9 elements but received 6'));
    expect(call({ outRows: 5 })).toThrow(error('out: expected at least 15 elements but received 12'));
    expect(call({ indices: new Int32Array(1) })).toThrow(
      error('indices: expected at least 2 elements but received 1'),
    );
    expect(call({ indices: new Float32Array(2) as never })).toThrow('indices: expected an Int32Array');
  });
});
