/**
 * The layers that are timed: how each is made, what its reference needs, and its arithmetic. `peers` are those that
 * are also compared with layers of others, which then need its score function (bench/peers/javascript_layer.mjs,
 * tfjs_layer.mjs).
 */
import {
  DenseSynthesizer,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  SelfAttention,
} from '../../dist/index.js';
import { layerInput, layerWeight } from './operands.mjs';

/** Multiply-adds of matrix products, two operations each; the softmax is not counted. */
const product = (m, n, k) => 2 * m * n * k;
/** Of one linear layer over all tokens. */
const linear = ({ batch, length, features, heads, dim }) => product(batch * length, heads * dim, features);
/** Of one product of scores or weights with keys or values, all heads. */
const pairs = ({ batch, length, heads, dim }) => product(batch * heads * length, length, dim);

export const LAYER_CASES = [
  {
    name: 'MultiHeadAttention',
    scores: ['dot-product'],
    peers: true,
    make: ({ heads, dim }) => new MultiHeadAttention({ numHeads: heads, keyDim: dim }),
    flops: (s) => 4 * linear(s) + 2 * pairs(s),
  },
  {
    name: 'SelfAttention',
    scores: ['plain-dot-product'],
    make: () => new SelfAttention(),
    // x x^T has |x_i|^2 on its diagonal; kept small so that the softmax is not all ones and zeros.
    amplitude: ({ features }) => Math.sqrt(12 / features),
    flops: ({ batch, length, features }) => 2 * product(batch * length, length, features),
  },
  {
    name: 'RandomSynthesizer',
    scores: ['random'],
    peers: true,
    make: ({ heads, dim, length }) =>
      new RandomSynthesizer({ numHeads: heads, valueDim: dim, maxLength: length }),
    flops: (s) => 2 * linear(s) + pairs(s),
  },
  {
    name: 'DenseSynthesizer',
    scores: ['dense'],
    make: ({ heads, dim, length }) =>
      new DenseSynthesizer({ numHeads: heads, valueDim: dim, maxLength: length }),
    flops: (s) => 3 * linear(s) + 2 * pairs(s),
  },
  {
    name: 'MixtureSynthesizer R+V',
    scores: ['random', 'dot-product'],
    make: ({ heads, dim, length }) =>
      new MixtureSynthesizer({
        numHeads: heads,
        valueDim: dim,
        maxLength: length,
        scores: ['random', 'dot-product'],
      }),
    flops: (s) => 4 * linear(s) + 2 * pairs(s),
  },
];

/**
 * The layer of a case with random weights, its input, and the problem that layer_reference.mjs takes.
 * @param kind of operands, see operands.mjs
 */
export function buildLayer({ make, scores, amplitude = () => 1 }, shape, kind) {
  const { batch, length, features } = shape;
  const layer = make(shape);
  layer.build([batch, length, features]);
  const tensors = layer.weights.map(({ name, tensor }, i) => ({
    name,
    data: layerWeight(kind, name, tensor.shape, 100 + i),
    shape: tensor.shape,
  }));
  layer.setWeights(Object.fromEntries(tensors.map(({ name, data, shape: s }) => [name, { data, shape: s }])));
  const weights = Object.fromEntries(tensors.map(({ name, data }) => [name, data]));
  const powers = [...(weights['mixing/logits'] ?? [0])].map(Math.exp);
  const total = powers.reduce((a, b) => a + b, 0);
  const x = layerInput(kind, batch * length * features, 7, amplitude(shape));
  return {
    layer,
    input: { data: x, shape: [batch, length, features] },
    problem: { ...shape, x, scores, mix: powers.map((p) => p / total), weights, exact: kind === 'grid' },
  };
}
