import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BinaryOp, UnaryOp } from '../../lib/native/codes.js';
import { addon } from '../../lib/native/load.js';
import type { BinaryOptions, UnaryOptions } from '../../lib/native/operations.js';
import { uniform } from '../support/random.js';
import { bounded, erf, expectWithin, U } from '../support/reference.js';

const seed = fc.integer({ min: 0, max: 1e6 });
const error = (message: string) => expect.objectContaining({ code: 'ERR_NATIVE', message });

describe('unary', () => {
  it('equals float64 within the bound of each function, in place too', () => {
    // Relative bounds in units of 2^-24: an ULP is at most two of them.
    const functions: [keyof typeof UnaryOp, (x: number) => number, number][] = [
      ['exp', Math.exp, 4],
      ['log', Math.log, 4],
      ['log1p', Math.log1p, 8],
      ['rsqrt', (x) => 1 / Math.sqrt(x), 3],
      ['elu', (x) => (x >= 0 ? x : Math.expm1(x)), 6],
      ['sigmoid', (x) => 1 / (1 + Math.exp(-x)), 5],
      ['tanh', Math.tanh, 8],
      ['erf', erf, 6],
      ['step', (x) => (x > 0 ? 1 : 0.25), 0],
      ['leakyRelu', (x) => (x < 0 ? 0.25 * x : x), 1],
    ];
    for (const [name, exact, units] of functions) {
      const x = uniform(40_001, 3, name === 'log' || name === 'rsqrt' ? 1e-3 : -0.9, 9);
      const expected = bounded(x.length);
      x.forEach((v, i) => {
        expected.value[i] = exact(v);
        expected.bound[i] = units * U * Math.abs(expected.value[i]!);
      });
      const out = new Float32Array(x.length);
      addon().unary({ op: UnaryOp[name], x, out, alpha: 0.25 });
      expectWithin(out, expected, name);
      addon().unary({ op: UnaryOp[name], x, out: x, alpha: 0.25 });
      expect(x).toEqual(out);
    }
  });

  it('clips between limits that may be infinite and lets NaN pass everywhere', () => {
    const x = Float32Array.from([-5, 0.5, 7, Number.NaN]);
    const out = new Float32Array(4);
    addon().unary({ op: UnaryOp.clip, x, out, alpha: Number.NEGATIVE_INFINITY, beta: 2 });
    expect([...out]).toEqual([-5, 0.5, 2, Number.NaN]);
    for (const op of Object.values(UnaryOp)) {
      addon().unary({ op, x, out, alpha: -1, beta: 1 });
      expect(out[3]).toBeNaN();
    }
  });

  it('refuses what does not fit before it touches memory', () => {
    const x = uniform(8, 1);
    const call = (change: Partial<UnaryOptions>) => () =>
      addon().unary({ op: UnaryOp.neg, x, out: new Float32Array(8), ...change });
    expect(call({ op: 21 })).toThrow(error('op: expected an integer from 0 to 20 but received 21'));
    expect(call({ out: new Float32Array(7) })).toThrow(
      error('out: expected at least 8 elements but received 7'),
    );
    expect(call({ x: x.subarray(0, 7), out: x.subarray(1) })).toThrow(
      error('out: expected memory of its own but received memory shared with x'),
    );
    expect(call({ alpha: Number.NaN })).toThrow(error('alpha: expected a number but received nan'));
    expect(call({ x: new Int32Array(8) as never })).toThrow(
      error('x: expected a Float32Array but received a typed array of another type'),
    );
  });
});

describe('binary', () => {
  const problem = fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 4 }),
    large: fc.boolean(),
    broadcastA: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    broadcastB: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    seed,
  });

  function strides(shape: readonly number[], broadcast: readonly boolean[]) {
    let size = 1;
    const out = shape.map(() => 0);
    for (let d = shape.length - 1; d >= 0; d--) {
      if (broadcast[d]) continue;
      out[d] = size;
      size *= shape[d]!;
    }
    return { strides: out, size };
  }

  it('broadcasts as indices say, for every shape', () => {
    fc.assert(
      fc.property(problem, (p) => {
        const shape =
          p.large && p.shape.length > 0
            ? [...p.shape.slice(0, -1).map((n) => Math.min(n, 2)), 9000]
            : p.shape;
        const a = strides(shape, p.broadcastA);
        const b = strides(shape, p.broadcastB);
        const x = uniform(a.size, p.seed);
        const y = uniform(b.size, p.seed + 1);
        const out = new Float32Array(shape.reduce((m, n) => m * n, 1));
        const options = { a: x, b: y, out, shape, aStrides: a.strides, bStrides: b.strides };
        addon().binary({ op: BinaryOp.sub, ...options });
        for (let i = 0; i < out.length; i++) {
          let [rest, ai, bi] = [i, 0, 0];
          for (let d = shape.length - 1; d >= 0; d--) {
            ai += (rest % shape[d]!) * a.strides[d]!;
            bi += (rest % shape[d]!) * b.strides[d]!;
            rest = Math.floor(rest / shape[d]!);
          }
          if (out[i] !== Math.fround(x[ai]! - y[bi]!)) throw new Error(`${JSON.stringify(p)}: element ${i}`);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('writes over an operand that lies as the result does', () => {
    const a = uniform(60_000, 1);
    const before = a.slice();
    const b = uniform(600, 2);
    addon().binary({
      op: BinaryOp.mul,
      a,
      b,
      out: a,
      shape: [100, 600],
      aStrides: [600, 1],
      bStrides: [0, 1],
    });
    expect(a.every((v, i) => v === Math.fround(before[i]! * b[i % 600]!))).toBe(true);
  });

  it('refuses what does not fit before it touches memory', () => {
    const call = (change: Partial<BinaryOptions>) => () =>
      addon().binary({
        op: BinaryOp.add,
        a: new Float32Array(6),
        b: new Float32Array(3),
        out: new Float32Array(6),
        shape: [2, 3],
        aStrides: [3, 1],
        bStrides: [0, 1],
        ...change,
      });
    expect(call({})).not.toThrow();
    expect(call({ op: -1 })).toThrow(error('op: expected an integer from 0 to 13 but received -1'));
    expect(call({ shape: [2, 4] })).toThrow(error('out: expected at least 8 elements but received 6'));
    expect(call({ aStrides: [4, 1] })).toThrow(error('a: expected at least 7 elements but received 6'));
    expect(call({ aStrides: [3] })).toThrow(
      error('aStrides: expected 2 strides, one a dimension but received 1'),
    );
    expect(call({ bStrides: [0, -1] })).toThrow(
      error('bStrides: expected sizes that are non-negative integers but received -1'),
    );
    expect(call({ bStrides: [2 ** 48, 2 ** 48] })).toThrow('b: expected at least');
    expect(call({ shape: [1, 1, 1, 1, 1] })).toThrow(
      error('shape: expected an array of at most 4 sizes but received 5'),
    );
    expect(call({ shape: [2 ** 40, 2 ** 40], out: new Float32Array(0) })).toThrow('out: expected at least');
    expect(call({ shape: 'square' as never })).toThrow(
      error('shape: expected an array of at most 4 sizes but received a string'),
    );
    const shared = new Float32Array(6);
    const strided = { shape: [2, 3], a: shared, out: shared, aStrides: [1, 2] };
    expect(call(strided)).toThrow(error('out: expected memory of its own but received memory shared with a'));
    expect(call({ b: shared, out: shared })).toThrow('memory shared with b');
    // Nothing to do: strides of a shape without elements reach nowhere.
    expect(call({ shape: [0, 3], aStrides: [2 ** 40, 1] })).not.toThrow();
  });
});
