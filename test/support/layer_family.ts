/** One of each attention layer, for tests that hold for all of them. */
import {
  AdditiveAttention,
  Attention,
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  GroupedQueryAttention,
  type MixtureAttention,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  type ScoreName,
  SelfAttention,
} from '../../lib/layers/index.js';
import { random } from './layers.js';

export interface FamilyOptions {
  slidingWindow?: number;
}

export interface FamilyMember {
  name: string;
  heads: number;
  /** Whether the weights depend on the keys, or on anything at all. */
  looksAt: 'queries and keys' | 'queries' | 'positions';
  make: (options?: FamilyOptions) => MixtureAttention;
}

/** Longest input of the members that have one. */
export const MAX_LENGTH = 12;

const common = { numHeads: 3, valueDim: 4 };
const synthetic = { ...common, maxLength: MAX_LENGTH };
const both = 'queries and keys' as const;

const mixture = (scores: readonly ScoreName[]): FamilyMember => ({
  name: `MixtureSynthesizer ${scores.join(' + ')}`,
  heads: 3,
  looksAt: scores.includes('dot-product') ? both : 'queries',
  make: (options?: FamilyOptions) => new MixtureSynthesizer({ ...synthetic, ...options, scores, keyDim: 5 }),
});

export const FAMILY: readonly FamilyMember[] = [
  { name: 'SelfAttention', heads: 1, looksAt: both, make: (o) => new SelfAttention(o) },
  { name: 'Attention', heads: 1, looksAt: both, make: (o) => new Attention({ ...o, useScale: true }) },
  {
    name: 'Attention concat',
    heads: 1,
    looksAt: both,
    make: (o) => new Attention({ ...o, scoreMode: 'concat', useScale: true }),
  },
  { name: 'AdditiveAttention', heads: 1, looksAt: both, make: (o) => new AdditiveAttention(o) },
  {
    name: 'MultiHeadAttention',
    heads: 3,
    looksAt: both,
    make: (o) => new MultiHeadAttention({ ...o, numHeads: 3, keyDim: 5, valueDim: 4 }),
  },
  {
    name: 'MultiHeadAttention with a gate',
    heads: 2,
    looksAt: both,
    make: (o) => new MultiHeadAttention({ ...o, numHeads: 2, keyDim: 3, useGate: true }),
  },
  {
    name: 'GroupedQueryAttention',
    heads: 4,
    looksAt: both,
    make: (o) => new GroupedQueryAttention({ ...o, numQueryHeads: 4, numKeyValueHeads: 2, headDim: 3 }),
  },
  {
    name: 'RandomSynthesizer',
    heads: 3,
    looksAt: 'positions',
    make: (o) => new RandomSynthesizer({ ...synthetic, ...o }),
  },
  {
    name: 'FactorizedRandomSynthesizer',
    heads: 3,
    looksAt: 'positions',
    make: (o) => new FactorizedRandomSynthesizer({ ...synthetic, ...o, rank: 3 }),
  },
  {
    name: 'DenseSynthesizer',
    heads: 3,
    looksAt: 'queries',
    make: (o) => new DenseSynthesizer({ ...synthetic, ...o, hiddenDim: 5 }),
  },
  {
    name: 'FactorizedDenseSynthesizer',
    heads: 3,
    looksAt: 'queries',
    make: (o) => new FactorizedDenseSynthesizer({ ...synthetic, ...o, factors: [2, 6] }),
  },
  mixture(['random', 'dot-product']),
  mixture(['factorized-random', 'dot-product']),
  mixture(['factorized-dense', 'dot-product']),
  mixture(['random', 'dense']),
  mixture(['random', 'factorized-random', 'dense', 'factorized-dense', 'dot-product']),
];

/** Built for these features, with weights that are all random: biases and mixing too. */
export function built<L extends MixtureAttention>(layer: L, features: number, seed = 1): L {
  layer.build([features]);
  layer.setWeights(layer.weights.map(({ tensor }, i) => random(seed * 100 + i, ...tensor.shape)));
  return layer;
}
