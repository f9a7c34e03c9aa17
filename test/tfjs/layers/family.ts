/** One of each trainable layer, for tests that hold for all of them on every backend. */
import type { ScoreName } from '../../../lib/layers/index.js';
import '../../../lib/tfjs/index.js';
import type { Tensor } from '../../../lib/tensor/tensor.js';
import {
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
  type TrainableAttention,
} from '../../../lib/tfjs/layers/index.js';
import { tf } from '../../../lib/tfjs/tensorflow.js';
import { random } from '../../support/layers.js';

export const BACKENDS = ['cpu', 'synthetic'] as const;
// Without TensorFlow.js' advice to install another package.
tf.enableProdMode();

export const MAX_LENGTH = 12;
export const FEATURES = 6;

export interface TrainableMember {
  name: string;
  scores: readonly ScoreName[];
  make: (options?: object) => TrainableAttention;
}

const common = { numHeads: 3, valueDim: 4 };
const synthetic = { ...common, maxLength: MAX_LENGTH };

const mixture = (mixing: 'learned' | 'sum', ...scores: ScoreName[]): TrainableMember => ({
  name: `MixtureSynthesizer ${scores.join(' + ')} (${mixing})`,
  scores,
  make: (o) => new MixtureSynthesizer({ ...synthetic, keyDim: 5, rank: 3, ...o, scores, mixing }),
});

export const FAMILY: readonly TrainableMember[] = [
  {
    name: 'MultiHeadAttention',
    scores: ['dot-product'],
    make: (o) => new MultiHeadAttention({ numHeads: 3, keyDim: 5, valueDim: 4, ...o }),
  },
  {
    name: 'MultiHeadAttention with a gate, without biases',
    scores: ['dot-product'],
    make: (o) => new MultiHeadAttention({ numHeads: 2, keyDim: 3, useGate: true, useBias: false, ...o }),
  },
  {
    name: 'RandomSynthesizer',
    scores: ['random'],
    make: (o) => new RandomSynthesizer({ ...synthetic, ...o }),
  },
  {
    name: 'FactorizedRandomSynthesizer',
    scores: ['factorized-random'],
    make: (o) => new FactorizedRandomSynthesizer({ ...synthetic, rank: 3, ...o }),
  },
  {
    name: 'DenseSynthesizer',
    scores: ['dense'],
    make: (o) => new DenseSynthesizer({ ...synthetic, hiddenDim: 5, ...o }),
  },
  {
    name: 'DenseSynthesizer shared across heads',
    scores: ['dense'],
    make: (o) => new DenseSynthesizer({ ...synthetic, sharedAcrossHeads: true, ...o }),
  },
  {
    name: 'FactorizedDenseSynthesizer',
    scores: ['factorized-dense'],
    make: (o) => new FactorizedDenseSynthesizer({ ...synthetic, factors: [2, 6], ...o }),
  },
  {
    name: 'FactorizedDenseSynthesizer shared across heads, without biases',
    scores: ['factorized-dense'],
    make: (o) =>
      new FactorizedDenseSynthesizer({ ...synthetic, sharedAcrossHeads: true, useBias: false, ...o }),
  },
  mixture('learned', 'random', 'dot-product'),
  mixture('sum', 'dense', 'dot-product'),
  mixture('learned', 'random', 'factorized-random', 'dense', 'factorized-dense', 'dot-product'),
  mixture('sum', 'random', 'factorized-random', 'dense', 'factorized-dense', 'dot-product'),
];

/** Built for these features, with weights that are all random: biases and mixing too. */
export function built<L extends TrainableAttention>(
  layer: L,
  features = FEATURES,
  valueFeatures = features,
): L {
  if (!layer.built)
    layer.build([
      [null, null, features],
      [null, null, valueFeatures],
    ]);
  let seed = 100;
  for (const variable of layer.namedVariables.values()) {
    const value = toTf(random(seed++, ...(variable.shape as number[])));
    variable.write(value);
    value.dispose();
  }
  return layer;
}

export const toTf = ({ data, shape }: Tensor): tf.Tensor => tf.tensor(data.slice(), [...shape]);

/** Largest difference of two arrays, as a multiple of the largest absolute number in the second. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let [difference, largest] = [0, 0];
  for (let i = 0; i < actual.length; i++) {
    const d = Math.abs(actual[i]! - expected[i]!);
    if (Number.isNaN(d)) return Number.NaN;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return difference / Math.max(largest, 1e-6);
}
