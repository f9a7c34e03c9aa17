/** Tensors with transformers.js' names at their limits: 64-bit integers, memory that is gone, numbers that do not fit. */
import { describe, expect, it } from '@jest/globals';
import { ArgumentError, ShapeError } from '../../../lib/index.js';
import {
  cat,
  layer_norm,
  log_softmax,
  matmul,
  mean_pooling,
  quantize_embeddings,
  softmax,
  stack,
  Tensor,
  topk,
} from '../../../lib/transformers/index.js';
import { detached } from '../../support/bad_values.js';

const integers = (values: bigint[], dims = [values.length]) => new Tensor('int64', values, dims);
const floats = (values: number[], dims = [values.length]) => new Tensor('float32', values, dims);
const LARGE = 2n ** 53n + 1n;

describe('64-bit integers', () => {
  it('are computed exactly', async () => {
    const tensor = integers([LARGE, 5n, LARGE - 1n, -7n], [2, 2]);
    expect(tensor.max().item()).toBe(LARGE);
    expect(tensor.min(0).tolist()).toEqual([LARGE - 1n, -7n]);
    expect(tensor.sum().item()).toBe(2n * LARGE - 3n);
    expect(tensor.sum(1).tolist()).toEqual([LARGE + 5n, LARGE - 8n]);
    expect(tensor.mean(1, true).tolist()).toEqual([[(LARGE + 5n) / 2n], [(LARGE - 8n) / 2n]]);
    expect(
      integers([2n ** 62n, 2n ** 62n])
        .mean()
        .item(),
    ).toBe(2n ** 62n);
    expect(integers([-3n, 2n]).norm(1).item()).toBe(5n);
    expect(
      integers([LARGE - 1n, LARGE])
        .argmax()
        .item(),
    ).toBe(1n);
    expect(
      integers([LARGE, LARGE - 1n])
        .argmin()
        .item(),
    ).toBe(1n);
    expect(tensor.clamp(0n as never, 6n as never).tolist()).toEqual([
      [6n, 5n],
      [6n, 0n],
    ]);
    expect(tensor.round().tolist()).toEqual(tensor.tolist());
    expect(
      integers([7n])
        .div(2n as never)
        .item(),
    ).toBe(3n);
    const [values, places] = await topk(integers([3n, LARGE - 1n, LARGE, 1n]), 2);
    expect([values.tolist(), places.tolist()]).toEqual([
      [LARGE, LARGE - 1n],
      [2n, 1n],
    ]);
    expect((await topk(integers([3n, LARGE - 1n, LARGE])))[0].tolist()).toEqual([LARGE, LARGE - 1n, 3n]);
    expect(new Tensor('uint64', [2n ** 64n - 1n, 1n], [2]).max().item()).toBe(2n ** 64n - 1n);
    expect(integers([], [0, 3]).max(1).dims).toEqual([0]);
  });

  it.each<[string, (tensor: Tensor) => unknown]>([
    ['sigmoid', (x) => x.sigmoid()],
    ['normalize', (x) => x.normalize(2, 0)],
    ['norm', (x) => x.norm()],
    ['norm of a small p', (x) => x.norm(1e-4)],
    ['div by 0', (x) => x.div(0n as never)],
    ['map to a float', (x) => x.map(() => 1.5)],
    ['layer_norm', (x) => layer_norm(x.view(1, 2), [2])],
    ['mean of nothing', () => integers([]).mean()],
    ['min of nothing', () => integers([]).min()],
    ['max of nothing', () => integers([], [2, 0]).max(1)],
  ])('have no %s', (_name, call) => {
    expect(() => call(integers([1n, 2n]))).toThrow(ArgumentError);
  });
});

it.each<[string, () => unknown]>([
  ['NaN as int64', () => floats([Number.NaN]).to('int64')],
  ['an infinity as uint64', () => floats([Number.POSITIVE_INFINITY]).to('uint64')],
  ['NaN of a typed array', () => new Tensor('int64', Float64Array.of(Number.NaN), [1])],
  ['a DataView', () => new Tensor('float32', new DataView(new ArrayBuffer(0)) as never, [0])],
  ['a bigint as a float', () => floats([1]).map(() => 1n)],
  ['an object as a float', () => floats([1]).map(() => Object.create(null))],
  ['softmax of a bigint', () => softmax([1, 2n] as never)],
  ['log_softmax of a bigint', () => log_softmax([1, 2, 3n] as never)],
  ['softmax of bigints', () => softmax(BigInt64Array.of(1n) as never)],
])('refuses %s', (_name, call) => {
  expect(call).toThrow(ArgumentError);
});

it('keeps NaN and the infinities where floats have them', () => {
  const tensor = new Tensor('float32', Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY), [2]);
  expect(tensor.to('float64').tolist()).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  expect(tensor.gt(1).tolist()).toEqual([0, 1]);
  expect([floats([]).max().item(), floats([]).sum().item()]).toEqual([Number.NEGATIVE_INFINITY, 0]);
});

describe('a tensor whose memory was transferred', () => {
  /** Of [1, size], or of no elements. */
  const gone = (size: number): Tensor => {
    const data = new Float32Array(8);
    const tensor = new Tensor('float32', size === 0 ? data.subarray(0, 0) : data, [1, size]);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    return tensor;
  };
  const calls: Record<string, (x: Tensor) => unknown> = {
    tolist: (x) => x.tolist(),
    clone: (x) => x.clone(),
    to: (x) => x.to('int32'),
    slice: (x) => x.slice(null, [0, 0]),
    permute: (x) => x.permute(1, 0),
    view: (x) => x.view(-1),
    squeeze: (x) => x.squeeze(),
    unsqueeze: (x) => x.unsqueeze(0),
    flatten: (x) => x.flatten(),
    map: (x) => x.map((value) => value),
    add: (x) => x.add(1),
    neg: (x) => x.neg(),
    sigmoid: (x) => x.sigmoid(),
    clamp: (x) => x.clamp(0, 1),
    round: (x) => x.round(),
    gt: (x) => x.gt(0),
    lt: (x) => x.lt(0),
    sum: (x) => x.sum(),
    mean: (x) => x.mean(0),
    min: (x) => x.min(),
    max: (x) => x.max(),
    argmax: (x) => x.argmax(),
    norm: (x) => x.norm(),
    normalize: (x) => x.normalize(),
    row: (x) => x[0],
    iteration: (x) => [...x],
    cat: (x) => cat([x, x]),
    stack: (x) => stack([x, x]),
    layer_norm: (x) => layer_norm(x, [x.dims[1]!]),
    mean_pooling: (x) => mean_pooling(x.unsqueeze(0), x),
    quantize_embeddings: (x) => quantize_embeddings(x, 'binary'),
  };

  it.each(Object.entries(calls))('has no %s', (_name, call) => {
    expect(() => call(gone(8))).toThrow(ArgumentError);
    expect(() => call(gone(0))).toThrow(ArgumentError);
  });

  it('is no operand', async () => {
    await expect(topk(gone(8))).rejects.toThrow(ArgumentError);
    await expect(matmul(gone(8), gone(8))).rejects.toThrow(ArgumentError);
    expect(() => new Tensor('float32', detached(), [0])).toThrow(ArgumentError);
    expect(() => new Tensor('float64', detached(), [0])).toThrow(ArgumentError);
  });
});

it('tells dims that a program has set and that do not fit', () => {
  const tensor = floats([1, 2, 3]);
  tensor.dims = [2];
  expect(() => tensor.tolist()).toThrow(ShapeError);
  tensor.dims = 'abc' as never;
  expect(() => tensor.sum(0)).toThrow(ShapeError);
});
