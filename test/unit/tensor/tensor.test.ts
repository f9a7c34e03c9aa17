import { describe, expect, it } from '@jest/globals';
import { ArgumentError, ShapeError } from '../../../lib/errors.js';
import { broadcastShapes, checkFeatureShape } from '../../../lib/tensor/shape.js';
import { checkMask, checkTensor, Tensor } from '../../../lib/tensor/tensor.js';

describe('Tensor', () => {
  it('holds data and shape without copying', () => {
    const data = Float32Array.from([1, 2, 3, 4, 5, 6]);
    const t = new Tensor(data, [2, 3]);
    expect(t.data).toBe(data);
    expect([t.shape, t.size, t.rank, String(t)]).toEqual([[2, 3], 6, 2, 'Tensor [2, 3]']);
    expect(t.toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(t.reshape([3, 2]).toArray()).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(new Tensor(Float32Array.of(7), []).toArray()).toBe(7);
    expect(Tensor.zeros([2, 0]).toArray()).toEqual([[], []]);
  });

  it('comes from nested arrays, and refuses ragged ones', () => {
    expect(Tensor.from([[[1, 2]], [[3, 4]]]).shape).toEqual([2, 1, 2]);
    expect(Tensor.from([1, 2, 3, 4], [2, 2]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(() => Tensor.from([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => Tensor.from([[1, 2], 'x'] as never)).toThrow(ShapeError);
    expect(() => Tensor.from([1, 'x'] as never)).toThrow(
      new ArgumentError('values: expected only numbers but received "x"'),
    );
  });

  it.each([
    [
      { data: new Float32Array(6), shape: [2, 4] },
      'expected 8 elements for shape [2, 4] but received 6 elements',
    ],
    [
      { data: new Float32Array(6), shape: [-2, -3] },
      'expected an array of non-negative integers but received [-2, -3]',
    ],
    [{ data: new Float32Array(6), shape: [1.5, 4] }, 'expected an array of non-negative integers'],
    [{ data: new Float32Array(6) }, 'expected an array of non-negative integers but received undefined'],
    [
      { data: new Float64Array(6), shape: [6] },
      'x.data: expected a Float32Array but received an instance of Float64Array',
    ],
    [null, 'x: expected a tensor {data: Float32Array, shape} but received null'],
    [{ data: new Float32Array(0), shape: [2 ** 40, 2 ** 40] }, 'axes whose product is at most 2^48'],
  ])('refuses %j', (value, message) => {
    expect(() => checkTensor('x', value as never)).toThrow(message);
  });

  it('refuses memory that can shrink', () => {
    const buffer = new (ArrayBuffer as unknown as new (size: number, options: object) => ArrayBuffer)(16, {
      maxByteLength: 32,
    });
    expect(() => checkTensor('x', { data: new Float32Array(buffer), shape: [4] })).toThrow(
      'memory of a fixed size',
    );
  });

  it('takes copies of shapes that their owner may change or answers for', () => {
    const frozen = Object.freeze(
      Object.defineProperty([2, 3], 0, { get: () => (reads++ === 0 ? 2 : 2 ** 30), enumerable: true }),
    );
    let reads = 0;
    const { shape } = checkTensor('x', { data: new Float32Array(6), shape: frozen });
    expect([shape, shape[0]]).toEqual([[2, 3], 2]);
    class Believed extends Array<number> {
      override every = (() => true) as never;
      override at = (() => 1) as never;
    }
    for (const wrong of [Believed.of(-2, -3), Object.freeze(Believed.of(-2, -3)), Believed.of(2, 0.5, 6)]) {
      expect(() => checkTensor('x', { data: new Float32Array(6), shape: wrong })).toThrow(ShapeError);
    }
    const right = checkTensor('x', { data: new Float32Array(6), shape: Object.freeze(Believed.of(2, 3)) });
    expect(Object.getPrototypeOf(right.shape)).toBe(Array.prototype);
    expect(() => checkFeatureShape('x', Believed.of(2, -3))).toThrow(ShapeError);
    expect(Object.getPrototypeOf(checkFeatureShape('x', Believed.of(2, 3)))).toBe(Array.prototype);
  });

  it("takes transformers.js' dims", () => {
    expect(checkTensor('x', { data: new Float32Array(6), dims: [2, 3] }).shape).toEqual([2, 3]);
  });
});

describe('masks', () => {
  it('come as bytes, nested booleans or a float tensor', () => {
    const expected = { data: Uint8Array.of(1, 0, 1, 1), shape: [2, 2] };
    expect(
      checkMask('m', [
        [true, false],
        [true, true],
      ]),
    ).toEqual(expected);
    expect(checkMask('m', { data: Uint8Array.of(1, 0, 1, 1), shape: [2, 2] })).toEqual(expected);
    expect(checkMask('m', { data: Float32Array.of(1, -0, 1, 1), shape: [2, 2] })).toEqual(expected);
    expect(() => checkMask('m', 'x' as never)).toThrow('m: expected a mask');
    expect(() => checkMask('m', { data: new Uint8Array(3), shape: [2, 2] })).toThrow(
      'm: expected 4 elements for shape [2, 2]',
    );
  });

  it.each([-1e9, Number.NEGATIVE_INFINITY, 0.5, Number.NaN])(
    'of floats that hold %p are refused',
    (value) => {
      const mask = { data: Float32Array.of(0, value), shape: [1, 2] };
      const expected = `m: expected numbers 0 and 1, where 1 attends but received ${value}; an additive mask`;
      expect(() => checkMask('m', mask)).toThrow(expected);
    },
  );
});

it("shapes broadcast by NumPy's rule", () => {
  expect(broadcastShapes([2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
  expect(broadcastShapes([], [5])).toEqual([5]);
  expect(broadcastShapes([0], [1])).toEqual([0]);
  expect(broadcastShapes([2], [3])).toBeUndefined();
});
