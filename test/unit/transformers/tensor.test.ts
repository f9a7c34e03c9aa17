/** Tensors with transformers.js' names. */
import { describe, expect, it } from '@jest/globals';
import { ArgumentError, kernels, ShapeError } from '../../../lib/index.js';
import {
  cat,
  cos_sim,
  dot,
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

const grid = (): Tensor => new Tensor('float32', [1, 2, 3, 4, 5, 6], [2, 3]);
const cube = (): Tensor =>
  new Tensor(
    'int32',
    Int32Array.from({ length: 24 }, (_, i) => i),
    [2, 3, 4],
  );

describe('Tensor', () => {
  it('holds a typed array as it is and converts numbers', () => {
    const data = Float32Array.of(1, 2);
    expect(new Tensor('float32', data, [2]).data).toBe(data);
    expect(new Tensor('int64', [1, 2n], [2]).data).toEqual(BigInt64Array.of(1n, 2n));
    expect(new Tensor('float32', BigInt64Array.of(3n), [1]).data).toEqual(Float32Array.of(3));
    expect(grid()).toMatchObject({ type: 'float32', dims: [2, 3], size: 6, location: 'cpu' });
  });

  it('gives rows by index and by iteration, which share its data', () => {
    const tensor = grid();
    expect(tensor[1]!.tolist()).toEqual([4, 5, 6]);
    expect(tensor[-1]!.dims).toEqual([3]);
    expect(tensor[1]![2]!.item()).toBe(6);
    expect([...tensor].map((row: Tensor) => row.tolist())).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([...tensor[0]!]).toEqual([1, 2, 3]);
    tensor[0]!.data[0] = 9;
    expect(tensor.data[0]).toBe(9);
    expect(() => tensor[2]).toThrow(
      new ArgumentError('Tensor: index: expected an index from -2 to 1 but received 2'),
    );
    expect((tensor as unknown as Record<string, unknown>).length).toBeUndefined();
  });

  it('is a value that can be awaited, and an operand of the kernels', async () => {
    const tensor = grid();
    expect(await tensor).toBe(tensor);
    expect(kernels.l2Normalize({ data: tensor.data as Float32Array, dims: tensor.dims }).shape).toEqual([
      2, 3,
    ]);
  });

  it('is sliced by indices and ranges', () => {
    const tensor = cube();
    expect(tensor.slice().tolist()).toEqual(tensor.tolist());
    expect(tensor.slice(1).dims).toEqual([3, 4]);
    expect(tensor.slice(null, 0).tolist()).toEqual([
      [0, 1, 2, 3],
      [12, 13, 14, 15],
    ]);
    expect(tensor.slice(0, [1, 3], [-2, null]).tolist()).toEqual([
      [6, 7],
      [10, 11],
    ]);
    expect(tensor.slice(1, 2, 3).tolist()).toBe(23);
    expect(tensor.slice([0, 99], [5, 9]).dims).toEqual([2, 0, 4]);
    expect(() => tensor.slice(2)).toThrow(ArgumentError);
    expect(() => tensor.slice([1, 0])).toThrow(ArgumentError);
    expect(() => tensor.slice('1' as unknown as number)).toThrow(ArgumentError);
    expect(() => tensor.slice(0, 0, 0, 0)).toThrow(ArgumentError);
  });

  it('changes its axes', () => {
    const tensor = cube();
    expect(tensor.permute(2, 0, 1).dims).toEqual([4, 2, 3]);
    expect(tensor.permute(2, 0, 1).slice(3, 1, 2).item()).toBe(23);
    expect(grid().transpose(1, 0).tolist()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(tensor.view(6, -1).dims).toEqual([6, 4]);
    expect(tensor.flatten().dims).toEqual([24]);
    expect(tensor.flatten(1).dims).toEqual([2, 12]);
    expect(tensor.unsqueeze(-1).dims).toEqual([2, 3, 4, 1]);
    expect(tensor.unsqueeze(0).squeeze().dims).toEqual([2, 3, 4]);
    expect(tensor.unsqueeze(0).squeeze(0).dims).toEqual([2, 3, 4]);
    expect(tensor.unsqueeze_(0).dims).toEqual([1, 2, 3, 4]);
    expect(() => grid().view(4, -1)).toThrow(ShapeError);
    expect(() => grid().permute(0, 0)).toThrow(ArgumentError);
  });

  it('computes', () => {
    const tensor = grid();
    expect(tensor.add(1).mul(2).sub(2).div(2).tolist()).toEqual(tensor.tolist());
    expect(tensor.sum().item()).toBe(21);
    expect(tensor.sum(0).tolist()).toEqual([5, 7, 9]);
    expect(tensor.mean(1, true).dims).toEqual([2, 1]);
    expect(tensor.min(1).tolist()).toEqual([1, 4]);
    expect(tensor.max().item()).toBe(6);
    expect([tensor.argmax().item(), tensor.argmin().item()]).toEqual([5n, 0n]);
    expect(new Tensor('float32', [3, 4], [1, 2]).norm(2, 1).tolist()).toEqual([5]);
    expect(new Tensor('float32', [3, 4, 0, 0], [2, 2]).normalize().tolist()).toEqual([
      [Math.fround(0.6), Math.fround(0.8)],
      [0, 0],
    ]);
    expect(new Tensor('float32', [3, 4], [2, 1]).normalize(2, 0).tolist()).toEqual([
      [Math.fround(0.6)],
      [Math.fround(0.8)],
    ]);
    expect(new Tensor('float32', [4, 0, 0, 2, 0, 0, 8, 1], [2, 2, 2]).normalize(2, 1).tolist()).toEqual([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [0, 0],
        [1, 1],
      ],
    ]);
    expect(tensor.gt(3).tolist()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(tensor.neg().clamp(-3, -2).round().tolist()).toEqual([
      [-2, -2, -3],
      [-3, -3, -3],
    ]);
    expect(tensor.to('int64').data).toEqual(BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n));
    expect(new Tensor('int64', [1n, 2n], [2]).sum().item()).toBe(3n);
    expect(new Tensor('float32', [0], [1]).sigmoid().item()).toBe(0.5);
    expect(tensor.tolist()).toEqual(grid().tolist());
  });

  it('refuses what is no tensor', () => {
    expect(() => new Tensor('float8' as 'float32', [1], [1])).toThrow(ArgumentError);
    expect(() => new Tensor('float32', [1], [2])).toThrow(ShapeError);
    expect(() => new Tensor('float32', 'a' as unknown as number[], [1])).toThrow(ArgumentError);
    expect(() => grid().item()).toThrow(ShapeError);
  });
});

describe('functions', () => {
  it('compare arrays', () => {
    expect(dot([1, 2], Float32Array.of(3, 4))).toBe(11);
    expect(cos_sim([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 15);
    expect(() => cos_sim([1], [1, 2])).toThrow(ArgumentError);
    expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
    expect(softmax(Float32Array.of(0, 0))).toEqual(Float32Array.of(0.5, 0.5));
    expect(log_softmax([0, 0])[0]).toBeCloseTo(-Math.LN2, 15);
  });

  it('join tensors', () => {
    expect(cat([grid(), grid()]).dims).toEqual([4, 3]);
    expect(cat([grid(), new Tensor('float32', [7, 8], [2, 1])], -1).tolist()).toEqual([
      [1, 2, 3, 7],
      [4, 5, 6, 8],
    ]);
    expect(stack([grid(), grid()]).dims).toEqual([2, 2, 3]);
    expect(() => cat([grid(), cube()])).toThrow(ShapeError);
    expect(() => cat([])).toThrow(ArgumentError);
  });

  it('multiply and choose', async () => {
    expect((await matmul(grid(), grid().transpose(1, 0))).tolist()).toEqual([
      [14, 32],
      [32, 77],
    ]);
    const [values, places] = await topk(new Tensor('float32', [1, 5, 5, 2], [1, 4]), 3);
    expect([values.tolist(), places.tolist()]).toEqual([[[5, 5, 2]], [[1n, 2n, 3n]]]);
    const many = new Tensor(
      'float32',
      Float32Array.from({ length: 100 }, (_, i) => (i * 37) % 100),
      [100],
    );
    expect((await topk(many, 3))[0].tolist()).toEqual([99, 98, 97]);
    expect((await topk(many))[0].tolist()).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i));
  });

  it('pool, normalize and quantize', () => {
    const states = new Tensor('float32', [1, 2, 3, 4, 9, 9], [1, 3, 2]);
    expect(mean_pooling(states, new Tensor('int64', [1, 1, 0], [1, 3])).tolist()).toEqual([[2, 3]]);
    expect(mean_pooling(states, new Tensor('int64', [0, 0, 0], [1, 3])).tolist()).toEqual([[0, 0]]);
    expect(() => mean_pooling(states, new Tensor('int64', [1, 1], [1, 2]))).toThrow(ShapeError);
    const pair = new Tensor('float32', [1, 3], [1, 2]);
    expect(layer_norm(pair, [2], { eps: 0 }).tolist()).toEqual([[-1, 1]]);
    expect(layer_norm(pair, [2], { eps: 1 }).tolist()).toEqual([[-0.5, 0.5]]);
    const signs = new Tensor('float32', [1, -1, 1, 0, 0, 0, 0, 2, 1, 1, 1, 1, 1, 1, 1, 1], [1, 16]);
    expect(quantize_embeddings(signs, 'ubinary').tolist()).toEqual([[0b10100001, 255]]);
    expect(quantize_embeddings(signs, 'binary').tolist()).toEqual([[0b10100001 - 128, 127]]);
    expect(() => quantize_embeddings(states.slice(0), 'binary')).toThrow(ShapeError);
    expect(() => quantize_embeddings(signs, 'int8' as 'binary')).toThrow(ArgumentError);
  });
});
