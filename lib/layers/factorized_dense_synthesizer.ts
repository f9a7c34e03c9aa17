import { flag, positive, type ReadersOf, readConfig } from './config.js';
import { readFactors } from './factors.js';
import { registerOwnLayer } from './own_layers.js';
import {
  ProjectedAttention,
  type ProjectedAttentionConfig,
  type ProjectedOptions,
  projectedReaders,
} from './projected_attention.js';
import { factorizedDenseScores } from './scores/factorized_dense.js';

export interface FactorizedDenseSynthesizerConfig extends ProjectedAttentionConfig {
  /** N: the longest length; shorter inputs use the first logits. */
  maxLength: number;
  /** [a, b] with a * b = N; by default the two that lie nearest to each other. */
  factors?: readonly [number, number];
  /** d_h: features of the hidden layer a head, default valueDim. */
  hiddenDim?: number;
  /** One pair of second maps for all heads, default false. */
  sharedAcrossHeads?: boolean;
}

interface Options extends ProjectedOptions {
  maxLength: number;
  factors: [number, number];
  hiddenDim: number;
  sharedAcrossHeads: boolean;
}

function withDefaults(config: FactorizedDenseSynthesizerConfig): Options {
  const readers: ReadersOf<Omit<Options, 'factors'> & { factors: unknown }> = {
    ...projectedReaders('factorized_dense_synthesizer'),
    maxLength: positive,
    factors: (value) => value,
    hiddenDim: positive,
    sharedAcrossHeads: flag(false),
  };
  const layer = FactorizedDenseSynthesizer.className;
  const options = readConfig(layer, readers, { ...config, hiddenDim: config?.hiddenDim ?? config?.valueDim });
  return { ...options, factors: readFactors(layer, options.maxLength, options.factors) };
}

/**
 * The factorized dense Synthesizer (Tay et al., arXiv 2005.00743): logits_i[j] = A(x_i)[j mod a] * B(x_i)[floor(j / a)]
 * with a b = N, so that a head predicts a + b numbers a token instead of N.
 * Weights: factorized_dense_1/kernel [features, heads, hiddenDim], factorized_dense_a/kernel [heads, hiddenDim, a],
 * factorized_dense_b/kernel [heads, hiddenDim, b] (without heads if shared), their biases, then those of value and
 * output.
 */
export class FactorizedDenseSynthesizer extends ProjectedAttention<Options> {
  static override readonly className = 'FactorizedDenseSynthesizer';

  constructor(config: FactorizedDenseSynthesizerConfig) {
    const options = withDefaults(config);
    super(options, { scores: [factorizedDenseScores(options)] });
  }
}

registerOwnLayer(FactorizedDenseSynthesizer);
