import { flag, positive, readConfig } from './config.js';
import { registerOwnLayer } from './own_layers.js';
import {
  ProjectedAttention,
  type ProjectedAttentionConfig,
  type ProjectedOptions,
  projectedReaders,
} from './projected_attention.js';
import { denseScores } from './scores/dense.js';

export interface DenseSynthesizerConfig extends ProjectedAttentionConfig {
  /** N: the longest length; shorter inputs use the leading columns of W2. */
  maxLength: number;
  /** d_h: features of the hidden layer a head, default valueDim. */
  hiddenDim?: number;
  /** One W2 and b2 for all heads, default false. */
  sharedAcrossHeads?: boolean;
}

interface Options extends ProjectedOptions {
  maxLength: number;
  hiddenDim: number;
  sharedAcrossHeads: boolean;
}

function withDefaults(config: DenseSynthesizerConfig): Options {
  const readers = {
    ...projectedReaders('dense_synthesizer'),
    maxLength: positive,
    hiddenDim: positive,
    sharedAcrossHeads: flag(false),
  };
  return readConfig<Options>(DenseSynthesizer.className, readers, {
    ...config,
    hiddenDim: config?.hiddenDim ?? config?.valueDim,
  });
}

/**
 * The dense Synthesizer (Tay et al., arXiv 2005.00743): each token's attention row is predicted from that token
 * alone, logits_i = ReLU(x_i W1_h + b1_h) W2_h + b2_h.
 * Weights: dense_1/kernel [features, heads, hiddenDim], dense_1/bias, dense_2/kernel [heads, hiddenDim, N] (or
 * [hiddenDim, N] for all heads), dense_2/bias, then those of value and output.
 */
export class DenseSynthesizer extends ProjectedAttention<Options> {
  static override readonly className = 'DenseSynthesizer';

  constructor(config: DenseSynthesizerConfig) {
    const options = withDefaults(config);
    super(options, { scores: [denseScores(options)] });
  }
}

registerOwnLayer(DenseSynthesizer);
