/** Layers whose weights are replaced, or whose native memory is given back, while calls on the pool are under way. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { ArgumentError } from '../../../lib/errors.js';
import {
  EncoderDecoder,
  MultiHeadAttention,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../../lib/layers/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';

const FEATURES = 32;
const attention = () => new MultiHeadAttention({ numHeads: 4, keyDim: 8 });
const encoder = () => new TransformerEncoderLayer({ attention: attention(), intermediateDim: 64 });
const decoder = () =>
  new TransformerDecoderLayer({ attention: attention(), crossAttention: attention(), intermediateDim: 64 });
const stack = () => new EncoderDecoder({ encoder: [encoder(), encoder()], decoder: [decoder()] });

const x = () =>
  new Tensor(
    Float32Array.from({ length: 4 * 50 * FEATURES }, (_, i) => Math.sin(i)),
    [4, 50, FEATURES],
  );

interface Called {
  call(query: Tensor, options?: object): Tensor;
  callAsync(query: Tensor, options?: object): Promise<Tensor>;
  getWeights(): Tensor[];
  setWeights(weights: Tensor[]): void;
  dispose(): void;
}

const LAYERS: readonly (readonly [string, () => Called, object])[] = [
  ['attention', attention, {}],
  ['encoder layer', encoder, {}],
  ['encoder and decoder', stack, { target: x() }],
];

const halved = (weights: Tensor[]) =>
  weights.map(
    ({ data, shape }) =>
      new Tensor(
        data.map((w) => w / 2),
        shape,
      ),
  );

describe.each(LAYERS)('%s', (_, make, options) => {
  it('gives the right result when its memory is given back meanwhile', async () => {
    const layer = make();
    const expected = layer.call(x(), options);
    for (let turns = 0; turns < 6; turns++) {
      const calls = [layer.callAsync(x(), options), layer.callAsync(x(), options)];
      for (let i = 0; i < turns; i++) await turn();
      layer.dispose();
      for (const { data } of await Promise.all(calls)) expect(data).toEqual(expected.data);
    }
  });

  it('refuses a call whose weights were replaced before it ended', async () => {
    const layer = make();
    const before = layer.call(x(), options);
    const call = layer.callAsync(x(), options);
    layer.setWeights(halved(layer.getWeights()));
    await expect(call).rejects.toThrow(ArgumentError);
    await expect(call).rejects.toThrow(
      'expected those that the call began with for weights but received others meanwhile',
    );
    // The next one has the new weights alone.
    const expected = layer.call(x(), options);
    expect(expected.data).not.toEqual(before.data);
    expect((await layer.callAsync(x(), options)).data).toEqual(expected.data);
  });
});

it('replaced weights of a part count for a call of the whole', async () => {
  const layer = encoder();
  layer.call(x());
  const call = layer.callAsync(x());
  layer.attention.setWeights(halved(layer.attention.getWeights()));
  await expect(call).rejects.toThrow('for weights but received others meanwhile');
});
