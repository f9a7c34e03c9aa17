/** Every bad argument gives one typed error that begins with the layer's class. */
import { describe, expect, it } from '@jest/globals';
import { SyntheticAttentionError } from '../../../lib/errors.js';
import {
  AdditiveAttention,
  Attention,
  DenseSynthesizer,
  EncoderDecoder,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  GroupedQueryAttention,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
  TransformerDecoderLayer,
  TransformerEncoderLayer,
} from '../../../lib/layers/index.js';
import { built } from '../../support/layer_family.js';
import { random } from '../../support/layers.js';

type Case = [name: string, act: () => unknown, message: string];

function refuse(cases: Case[]): void {
  it.each(cases)('%s', async (_, act, message) => {
    let error: unknown;
    try {
      await act();
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(SyntheticAttentionError);
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(/^[A-Z]\w+: expected .+ but received /s);
  });
}

const never = (value: unknown) => value as never;
const synthetic = { numHeads: 2, valueDim: 3, maxLength: 6 };
const mha = () => new MultiHeadAttention({ numHeads: 2, keyDim: 3 });

describe('options', () => {
  const bad = (numHeads: unknown): Case[] =>
    (
      [
        ['MultiHeadAttention', () => new MultiHeadAttention(never({ numHeads, keyDim: 2 }))],
        ['RandomSynthesizer', () => new RandomSynthesizer(never({ ...synthetic, numHeads }))],
        [
          'FactorizedRandomSynthesizer',
          () => new FactorizedRandomSynthesizer(never({ ...synthetic, numHeads })),
        ],
        ['DenseSynthesizer', () => new DenseSynthesizer(never({ ...synthetic, numHeads }))],
        [
          'FactorizedDenseSynthesizer',
          () => new FactorizedDenseSynthesizer(never({ ...synthetic, numHeads })),
        ],
        [
          'MixtureSynthesizer',
          () => new MixtureSynthesizer(never({ ...synthetic, numHeads, scores: ['random', 'dense'] })),
        ],
      ] as [string, () => unknown][]
    ).map(([layer, act]) => [
      `${layer} with numHeads ${String(numHeads)}`,
      act,
      `${layer}: expected a positive integer for numHeads but received ${typeof numHeads === 'string' ? JSON.stringify(numHeads) : numHeads}`,
    ]);
  refuse([0, -1, 1.5, Number.NaN, '2', undefined].flatMap(bad));

  refuse([
    ['no options', () => new MultiHeadAttention(never(undefined)), 'for keyDim but received undefined'],
    [
      'null',
      () => new RandomSynthesizer(never(null)),
      'RandomSynthesizer: expected an object of options for config',
    ],
    [
      'Python’s names',
      () => new MultiHeadAttention(never({ num_heads: 2, keyDim: 2 })),
      'MultiHeadAttention: expected options among keyDim, name, seed, numHeads, valueDim, useBias, outputShape, attentionAxes, slidingWindow, dropout, useGate but received "num_heads", an unknown option; did you mean "numHeads"?',
    ],
    [
      'a query head without its key head',
      () => new GroupedQueryAttention({ headDim: 2, numQueryHeads: 4, numKeyValueHeads: 3 }),
      'GroupedQueryAttention: expected numKeyValueHeads to divide numQueryHeads 4 but received 3',
    ],
    [
      'factors of another product',
      () => new FactorizedDenseSynthesizer({ ...synthetic, factors: [2, 2] }),
      'FactorizedDenseSynthesizer: expected factors to be two positive integers with product 6 (maxLength) but received [2, 2]',
    ],
    [
      'one factor',
      () => new FactorizedDenseSynthesizer(never({ ...synthetic, factors: [6] })),
      'expected factors to be two positive integers with product 6 (maxLength) but received [6]',
    ],
    [
      'a rank of NaN',
      () => new FactorizedRandomSynthesizer({ ...synthetic, rank: Number.NaN }),
      'expected a positive integer for rank but received NaN',
    ],
    [
      'a dropout of 1',
      () => new Attention({ dropout: 1 }),
      'Attention: expected a number from 0 to below 1 for dropout',
    ],
    ['a dropout of NaN', () => new Attention({ dropout: Number.NaN }), 'for dropout but received NaN'],
    [
      'an unknown mode',
      () => new Attention({ scoreMode: never('cosine') }),
      'Attention: expected "dot" or "concat" for scoreMode but received "cosine"',
    ],
    [
      'a seed that is none',
      () => new SelfAttention({ seed: Number.NaN }),
      'SelfAttention: expected an integer for seed but received NaN',
    ],
    [
      'a name that is none',
      () => new AdditiveAttention(never({ name: 5 })),
      'expected a string for name but received 5',
    ],
    [
      'a window of 0',
      () => new MultiHeadAttention({ numHeads: 1, keyDim: 2, slidingWindow: 0 }),
      'expected a positive integer for slidingWindow but received 0',
    ],
    [
      'an empty output shape',
      () => new MultiHeadAttention({ numHeads: 1, keyDim: 2, outputShape: [] }),
      'expected positive integers for outputShape but received []',
    ],
    [
      'a mixture of one',
      () => new MixtureSynthesizer({ ...synthetic, scores: ['random'] }),
      'expected two or more different ones of dot-product, random, factorized-random, dense, factorized-dense for scores but received ["random"]',
    ],
    [
      'a mixture with itself',
      () => new MixtureSynthesizer({ ...synthetic, scores: ['random', 'random'] }),
      'but received ["random", "random"]',
    ],
    [
      'unknown mixing',
      () => new MixtureSynthesizer({ ...synthetic, scores: ['random', 'dense'], mixing: never('max') }),
      'MixtureSynthesizer: expected "learned" or "sum" for mixing but received "max"',
    ],
    [
      'a mixture without its length',
      () => new MixtureSynthesizer({ numHeads: 1, valueDim: 2, scores: ['dot-product', 'dense'] }),
      'MixtureSynthesizer: expected maxLength for dot-product + dense scores but received none',
    ],
    [
      'a transformer around nothing',
      () => new TransformerEncoderLayer(never({ intermediateDim: 4 })),
      'TransformerEncoderLayer: expected an attention layer for attention but received undefined',
    ],
    [
      'a transformer around something else',
      () =>
        new TransformerEncoderLayer(
          never({ intermediateDim: 4, attention: { className: 'Dense', config: {} } }),
        ),
      'but received "Dense"',
    ],
    [
      'an epsilon of 0',
      () => new TransformerEncoderLayer({ intermediateDim: 4, attention: mha(), layerNormEpsilon: 0 }),
      'expected a positive number for layerNormEpsilon but received 0',
    ],
    [
      'a decoder that sees no encoder',
      () =>
        new EncoderDecoder({
          encoder: [new TransformerEncoderLayer({ intermediateDim: 4, attention: mha() })],
          decoder: [new TransformerDecoderLayer({ intermediateDim: 4, attention: mha() })],
        }),
      'EncoderDecoder: expected crossAttention in every decoder layer but received one without',
    ],
    [
      'no encoder',
      () => new EncoderDecoder(never({ encoder: [], decoder: [] })),
      'EncoderDecoder: expected one or more TransformerEncoderLayers for encoder but received []',
    ],
  ]);
});

describe('inputs', () => {
  const x = random(1, 2, 4, 6);
  const mask = (...shape: number[]) => ({
    data: new Uint8Array(shape.reduce((a, b) => a * b, 1)).fill(1),
    shape,
  });
  refuse([
    [
      'no tensor',
      () => mha().call(never(undefined)),
      'MultiHeadAttention: expected a tensor {data: Float32Array, shape} for query',
    ],
    ['a plain array', () => mha().call(never([[1]])), 'expected a Float32Array for query.data'],
    [
      'rank 2',
      () => mha().call(random(1, 4, 6)),
      'MultiHeadAttention: expected rank 3 or more [batch, ..., length, features] for query but received shape [4, 6]',
    ],
    [
      'data that is too short',
      () => mha().call({ data: new Float32Array(5), shape: [1, 2, 3] }),
      'expected 6 elements for shape [1, 2, 3] for query but received 5 elements',
    ],
    [
      'another batch',
      () => mha().call(x, { value: random(1, 3, 4, 6) }),
      'expected [2] (as query) for value batch axes but received [3]',
    ],
    [
      'another rank',
      () => mha().call(x, { value: random(1, 2, 1, 4, 6) }),
      'expected rank 3 (as query) for value but received rank 4',
    ],
    [
      'key and value of different lengths',
      () => mha().call(x, { value: random(1, 2, 4, 6), key: random(2, 2, 3, 6) }),
      'MultiHeadAttention: expected shape [4] for key length (as value) but received [3]',
    ],
    [
      'a key of other features',
      () => new SelfAttention().call(x, { value: random(1, 2, 4, 5) }),
      'SelfAttention: expected 6 for key: features (as query) but received 5',
    ],
    [
      'other features than it was built for',
      () => built(mha(), 6).call(random(1, 2, 4, 5)),
      'expected shape [6, 2, 3] for query/kernel for these inputs but received [5, 2, 3]',
    ],
    [
      'a length over maxLength',
      () => new RandomSynthesizer(synthetic).call(random(1, 1, 7, 6)),
      'RandomSynthesizer: expected at most 6 (maxLength of random scores) for length but received 7',
    ],
    [
      'keys over maxLength',
      () => new DenseSynthesizer(synthetic).call(random(1, 1, 2, 6), { value: random(1, 1, 7, 6) }),
      'DenseSynthesizer: expected at most 6 (maxLength of dense scores) for length but received 7',
    ],
    [
      'an axis that is not there',
      () =>
        new MultiHeadAttention({ numHeads: 1, keyDim: 2, attentionAxes: [3] }).call(random(1, 2, 3, 4, 6)),
      'expected different axes of query [2, 3, 4, 6] without the first and the last for attentionAxes but received [3]',
    ],
    [
      'one axis twice',
      () =>
        new MultiHeadAttention({ numHeads: 1, keyDim: 2, attentionAxes: [1, -3] }).call(
          random(1, 2, 3, 4, 6),
        ),
      'for attentionAxes but received [1, -3]',
    ],
    [
      'a query mask of another length',
      () => mha().call(x, { queryMask: mask(2, 3) }),
      'expected shape [2, 4] for queryMask but received [2, 3]',
    ],
    [
      'a value mask of another batch',
      () => mha().call(x, { valueMask: mask(1, 4) }),
      'expected shape [2, 4] for valueMask but received [1, 4]',
    ],
    [
      'a key mask of another rank',
      () => mha().call(x, { keyMask: mask(4) }),
      'expected shape [2, 4] for keyMask but received [4]',
    ],
    [
      'an attention mask that does not broadcast',
      () => mha().call(x, { attentionMask: mask(3, 4, 4) }),
      'MultiHeadAttention: expected a shape that broadcasts to [2, 2, 4, 4] for attentionMask but received [3, 4, 4]',
    ],
    [
      'an attention mask of rank 1',
      () => mha().call(x, { attentionMask: mask(4) }),
      'for attentionMask but received [4]',
    ],
    [
      'an attention mask of rank 5',
      () => mha().call(x, { attentionMask: mask(1, 1, 1, 4, 4) }),
      'for attentionMask but received [1, 1, 1, 4, 4]',
    ],
    [
      'a mask that is none',
      () => mha().call(x, { valueMask: never(5) }),
      'expected a mask {data: Uint8Array, shape} or nested booleans, true = attend for valueMask',
    ],
    [
      'a flag that is none',
      () => mha().call(x, { useCausalMask: never(1) }),
      'expected a boolean for useCausalMask but received 1',
    ],
    [
      'scores that are wanted somehow',
      () => mha().call(x, { returnAttentionScores: never('yes') }),
      'expected a boolean for returnAttentionScores but received "yes"',
    ],
    [
      'training',
      () => new MultiHeadAttention({ numHeads: 1, keyDim: 2, dropout: 0.1 }).call(x, { training: true }),
      'MultiHeadAttention: expected false (dropout is for training) for training but received true',
    ],
    [
      'the same on the pool',
      () => mha().callAsync(random(1, 4, 6)),
      'MultiHeadAttention: expected rank 3 or more',
    ],
    [
      'several sequences to explain',
      () => mha().explain(x),
      'MultiHeadAttention: expected one sequence for query but received 2 of them',
    ],
    [
      'features that are none',
      () => mha().build([0]),
      'MultiHeadAttention: expected a shape that ends with the features for queryShape but received [0]',
    ],
    [
      'an attention that changes the features',
      () =>
        new TransformerEncoderLayer({
          intermediateDim: 4,
          attention: new MultiHeadAttention({ numHeads: 1, keyDim: 2, outputShape: 7 }),
        }).call(x),
      'TransformerEncoderLayer: expected an attention layer with output [2, 4, 6] for attention but received [2, 4, 7]',
    ],
    [
      'no encoder’s output',
      () =>
        new TransformerDecoderLayer({ intermediateDim: 4, attention: mha(), crossAttention: mha() }).call(
          x,
          {},
        ),
      'TransformerDecoderLayer: expected a tensor (there is crossAttention) for encoderSequence but received none',
    ],
  ]);
});

describe('weights', () => {
  const layer = built(mha(), 6);
  refuse([
    [
      'none',
      () => layer.setWeights(never(null)),
      'MultiHeadAttention: expected tensors in order or by name for weights',
    ],
    ['too few', () => layer.setWeights([]), 'MultiHeadAttention: expected weights query/kernel, query/bias,'],
    [
      'one too many',
      () =>
        layer.setWeights({
          ...Object.fromEntries(layer.weights.map(({ name, tensor }) => [name, tensor])),
          extra: random(1, 1),
        }),
      'but received unknown extra',
    ],
    [
      'one of another shape',
      () => layer.setWeights(layer.getWeights().map((w, i) => (i === 2 ? random(1, 6, 3, 2) : w))),
      'MultiHeadAttention: expected shape [6, 2, 3] for key/kernel but received [6, 3, 2]',
    ],
    [
      'one that is no tensor',
      () => layer.setWeights(never(layer.getWeights().map((w, i) => (i === 2 ? 5 : w)))),
      'expected a tensor {data: Float32Array, shape} for key/kernel but received 5',
    ],
    ['asked for before they exist', () => mha().getWeights(), 'MultiHeadAttention: expected a built layer'],
  ]);

  it('stay as they were when new ones are refused', () => {
    const before = layer.getWeights();
    expect(() =>
      layer.setWeights(before.map((w, i) => (i === 7 ? random(1, 7) : random(2, ...w.shape)))),
    ).toThrow();
    expect(layer.getWeights()).toEqual(before);
  });
});
