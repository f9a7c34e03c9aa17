/** The layers that learn run their own kernels on the backend 'synthetic', and no plain operations in their place. */
import { afterEach, expect, it } from '@jest/globals';
import {
  denseSynthesizer,
  mixtureSynthesizer,
  multiHeadAttention,
  randomSynthesizer,
  transformerEncoderLayer,
} from '../../../lib/tfjs/index.js';
import type { TrainableAttention } from '../../../lib/tfjs/layers/index.js';
import { tf } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';
import { FEATURES, toTf } from './family.js';

const LENGTH = 5;
const OWN = [
  'SyntheticAttention',
  'SyntheticAttentionGradient',
  'SyntheticGelu',
  'SyntheticGeluGradient',
  'SyntheticLayerNorm',
  'SyntheticLayerNormGradient',
];
/** What plain operations would make of a softmax, a layer normalisation or a GELU. */
const PLAIN = ['Softmax', 'Exp', 'Mean', 'SquaredDifference', 'Rsqrt', 'Sqrt', 'Erf', 'Tanh'];

const ATTENTIONS: [string, () => TrainableAttention][] = [
  ['MultiHeadAttention', () => multiHeadAttention({ numHeads: 2, keyDim: 3 })],
  ['RandomSynthesizer', () => randomSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8 })],
  ['DenseSynthesizer', () => denseSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8 })],
  [
    'MixtureSynthesizer',
    () => mixtureSynthesizer({ numHeads: 2, valueDim: 3, maxLength: 8, scores: ['random', 'dot-product'] }),
  ],
];

/** Names of the kernels that a block's forward pass and its gradient run. */
async function kernelsOf(backend: string, attention: TrainableAttention, activation: 'gelu' | 'geluTanh') {
  await tf.setBackend(backend);
  const layer = transformerEncoderLayer({ attention, intermediateDim: 11, activation });
  const x = toTf(random(1, 2, LENGTH, FEATURES));
  layer.apply(x);
  const { kernels } = await tf.profile(() =>
    tf.valueAndGrads((input) => tf.sum(layer.apply(input as tf.Tensor) as tf.Tensor))([x]),
  );
  // A mixture's own two or three weights are no softmax that costs anything.
  const sizeOf = (shape: number[]) => shape.reduce((size, n) => size * n, 1);
  const large = kernels.filter(({ outputShapes }) => outputShapes.some((shape) => sizeOf(shape) > 4));
  return new Set(large.map(({ name }) => name));
}

afterEach(() => tf.disposeVariables());

it.each(ATTENTIONS)('%s in a block', async (_, make) => {
  for (const activation of ['gelu', 'geluTanh'] as const) {
    const ran = await kernelsOf('synthetic', make(), activation);
    expect(OWN.filter((name) => !ran.has(name))).toEqual([]);
    expect(PLAIN.filter((name) => ran.has(name))).toEqual([]);
  }
});

it('elsewhere they run plain operations, which this test would see', async () => {
  const ran = await kernelsOf('cpu', ATTENTIONS[0]![1](), 'gelu');
  expect(OWN.filter((name) => ran.has(name))).toEqual([]);
  expect(PLAIN.filter((name) => ran.has(name))).toEqual(expect.arrayContaining(['Softmax', 'Mean', 'Erf']));
});
