import { positive, positiveOr, readConfig } from './config.js';
import { registerOwnLayer } from './own_layers.js';
import {
  ProjectedAttention,
  type ProjectedAttentionConfig,
  type ProjectedOptions,
  projectedReaders,
} from './projected_attention.js';
import { factorizedRandomScores } from './scores/factorized_random.js';

export interface FactorizedRandomSynthesizerConfig extends ProjectedAttentionConfig {
  /** N: the longest length; shorter inputs use the leading rows of R1 and R2. */
  maxLength: number;
  /** k: columns of R1 and R2, default 8 as in the paper. */
  rank?: number;
}

interface Options extends ProjectedOptions {
  maxLength: number;
  rank: number;
}

/**
 * The factorized random Synthesizer (Tay et al., arXiv 2005.00743): attention weights softmax(R1_h R2_h^T), 2 N k
 * parameters a head instead of N^2. Prepared, it is as quick as the random one.
 * Weights: factorized_random_1/kernel and factorized_random_2/kernel [heads, N, rank], then those of value and output.
 */
export class FactorizedRandomSynthesizer extends ProjectedAttention<Options> {
  static override readonly className = 'FactorizedRandomSynthesizer';

  constructor(config: FactorizedRandomSynthesizerConfig) {
    const readers = {
      ...projectedReaders('factorized_random_synthesizer'),
      maxLength: positive,
      rank: positiveOr(8),
    };
    const options = readConfig<Options>(FactorizedRandomSynthesizer.className, readers, config);
    super(options, { scores: [factorizedRandomScores(options.maxLength, options.rank)] });
  }
}

registerOwnLayer(FactorizedRandomSynthesizer);
