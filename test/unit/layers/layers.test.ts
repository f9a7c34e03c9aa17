import { describe, expect, it } from '@jest/globals';
import {
  DenseSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
} from '../../../lib/layers/index.js';
import { permute } from '../../../lib/tensor/permute.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { uniform } from '../../support/random.js';

const x = (...shape: number[]) => ({
  data: uniform(
    shape.reduce((a, b) => a * b, 1),
    1,
  ),
  shape,
});

describe('layers', () => {
  it('build themselves on the first call, with the same weights for the same seed', () => {
    const make = (seed: number) => {
      const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4, seed });
      layer.call(x(1, 3, 8));
      return layer;
    };
    const layer = make(5);
    expect(layer.weights.map((w) => w.name)).toEqual([
      'query/kernel',
      'query/bias',
      'key/kernel',
      'key/bias',
      'value/kernel',
      'value/bias',
      'attention_output/kernel',
      'attention_output/bias',
    ]);
    expect(layer.weights.map((w) => w.tensor.shape)).toEqual([
      [8, 2, 4],
      [2, 4],
      [8, 2, 4],
      [2, 4],
      [8, 2, 4],
      [2, 4],
      [2, 4, 8],
      [8],
    ]);
    expect(layer.countParams()).toBe(4 * 64 + 3 * 8 + 8);
    expect(make(5).getWeights()).toEqual(layer.getWeights());
    expect(make(6).getWeights()).not.toEqual(layer.getWeights());
    // Glorot's limit, and spread over all of it.
    const kernel = layer.getWeights()[0]!.data;
    const limit = Math.sqrt(6 / (16 + 32));
    expect(Math.max(...kernel)).toBeLessThanOrEqual(limit);
    expect(Math.min(...kernel)).toBeLessThan(-limit / 2);
    expect(Math.max(...kernel)).toBeGreaterThan(limit / 2);
  });

  it('use new weights after setWeights, and keep the old ones when a new one does not fit', () => {
    const layer = new RandomSynthesizer({ numHeads: 1, valueDim: 2, maxLength: 4 });
    const input = x(1, 4, 3);
    const before = layer.call(input).toArray();
    const weights = layer.getWeights();
    weights[0]!.data.fill(0);
    weights[0]!.data[1] = 30;
    expect(layer.call(input).toArray()).toEqual(before);
    layer.setWeights(weights);
    const after = layer.call(input).toArray();
    expect(after).not.toEqual(before);
    expect(() => layer.setWeights(weights.slice(1))).toThrow('RandomSynthesizer: expected weights');
    expect(() =>
      layer.setWeights({ ...Object.fromEntries(layer.weights.map((w) => [w.name, w.tensor])), extra: x(1) }),
    ).toThrow('unknown extra');
    expect(() => layer.setWeights(weights.map((w, i) => (i === 0 ? x(1, 3, 3) : w)))).toThrow(
      'expected shape [1, 4, 4] for random/kernel but received [1, 3, 3]',
    );
    expect(layer.call(input).toArray()).toEqual(after);
    layer.dispose();
    expect(layer.call(input).toArray()).toEqual(after);
  });

  it('say their output shape', () => {
    const layer = new DenseSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8, outputShape: [2, 5] });
    expect(layer.computeOutputShape([4, 6, 7])).toEqual([4, 6, 2, 5]);
    expect(layer.call(x(4, 6, 7)).shape).toEqual([4, 6, 2, 5]);
    expect(new SelfAttention().computeOutputShape([2, 3, 4])).toEqual([2, 3, 4]);
  });

  it('attend over an axis wherever it stands', () => {
    // [batch, length, a, b, features]: three axes change places in turn, so that there and back are not the same.
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 3, attentionAxes: 1 });
    const plain = new MultiHeadAttention({ numHeads: 2, keyDim: 3 });
    const [batch, length, a, b, features] = [2, 4, 3, 5, 6];
    const input = new Tensor(x(batch, length, a, b, features).data, [batch, length, a, b, features]);
    const output = layer.call(input);
    expect(output.shape).toEqual(input.shape);
    plain.build([features]);
    plain.setWeights(layer.getWeights());
    const moved = permute(input.data, input.shape, [0, 2, 3, 1, 4]);
    const rows = plain.call(new Tensor(moved.data, [batch * a * b, length, features]));
    const back = permute(rows.data, [batch, a, b, length, features], [0, 3, 1, 2, 4]);
    expect([...output.data]).toEqual([...back.data]);
  });

  it('take a mask for each head', () => {
    const layer = new MultiHeadAttention({ numHeads: 2, keyDim: 4 });
    const data = Uint8Array.from({ length: 2 * 9 }, (_, i) => (i < 9 || i % 3 === 0 ? 1 : 0));
    const [, scores] = layer.call(x(1, 3, 8), {
      attentionMask: { data, shape: [1, 2, 3, 3] },
      returnAttentionScores: true,
    });
    const rows = scores.toArray() as number[][][][];
    expect(rows[0]![1]).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [1, 0, 0],
    ]);
    expect(rows[0]![0]!.flat().every((w) => w > 0)).toBe(true);
  });

  it('reject instead of throwing when called on the pool', async () => {
    await expect(new SelfAttention().callAsync(x(2, 3))).rejects.toThrow('expected rank 3 or more');
    await expect(
      new SelfAttention().callAsync(x(1, 2, 3), { signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop');
  });
});
