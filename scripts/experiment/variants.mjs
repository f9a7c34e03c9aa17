// The variants by the paper's names (Tay et al., arXiv 2005.00743): which scores are mixed, which are trained.
import {
  DenseSynthesizer,
  FactorizedDenseSynthesizer,
  FactorizedRandomSynthesizer,
  MixtureSynthesizer,
  MultiHeadAttention,
  RandomSynthesizer,
} from '../../dist/index.js';

const mixture =
  (...scores) =>
  ({ keyDim, ...options }) =>
    new MixtureSynthesizer({ ...options, keyDim, scores });

/** From the options {numHeads, keyDim, valueDim, maxLength, rank, seed} to an inference layer. */
const LAYERS = {
  V: ({ numHeads, keyDim, seed }) => new MultiHeadAttention({ numHeads, keyDim, seed }),
  R: ({ keyDim: _, rank: __, ...options }) => new RandomSynthesizer(options),
  Fix: ({ keyDim: _, rank: __, ...options }) => new RandomSynthesizer({ ...options, trainable: false }),
  FR: ({ keyDim: _, ...options }) => new FactorizedRandomSynthesizer(options),
  D: ({ keyDim: _, rank: __, ...options }) => new DenseSynthesizer(options),
  FD: ({ keyDim: _, rank: __, ...options }) => new FactorizedDenseSynthesizer(options),
  'R+V': mixture('random', 'dot-product'),
  'D+V': mixture('dense', 'dot-product'),
  'R+D': mixture('random', 'dense'),
};

export const VARIANTS = Object.keys(LAYERS);

/** What the names stand for. */
export const MEANINGS = {
  V: 'dot-product, the baseline',
  R: 'random, trained',
  Fix: 'random, not trained',
  FR: 'factorized random',
  D: 'dense',
  FD: 'factorized dense',
  'R+V': 'random + dot-product',
  'D+V': 'dense + dot-product',
  'R+D': 'random + dense',
};

/** The attention of one layer, of the package's inference layers, built with initial weights. */
export function attentionOf(variant, { features, heads, maxLength, rank }, seed) {
  const dim = features / heads;
  const layer = LAYERS[variant]({ numHeads: heads, keyDim: dim, valueDim: dim, maxLength, rank, seed });
  layer.build([1, maxLength, features]);
  return layer;
}
