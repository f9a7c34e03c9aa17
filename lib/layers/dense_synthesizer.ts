import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import type { MixtureAttentionConfig } from './mixture_attention.js';
import { ProjectedAttention } from './projected_attention.js';
import { denseScores } from './scores/dense.js';

export interface DenseSynthesizerConfig extends MixtureAttentionConfig {
  /** N: the longest length; shorter inputs use the leading columns of W2. */
  maxLength: number;
  /** d_h: features of the hidden layer a head, default valueDim. */
  hiddenDim?: number;
  /** One W2 and b2 for all heads, default false. */
  sharedAcrossHeads?: boolean;
}

/**
 * The dense Synthesizer (Tay et al., arXiv 2005.00743): each token's attention row is predicted from that token
 * alone, logits_i = ReLU(x_i W1_h + b1_h) W2_h + b2_h.
 */
export class DenseSynthesizer extends ProjectedAttention {
  private readonly own: { maxLength: number; hiddenDim: number; sharedAcrossHeads: boolean };

  constructor(config: DenseSynthesizerConfig) {
    const own = {
      maxLength: checkPositiveInteger('maxLength', config.maxLength),
      hiddenDim: checkPositiveInteger('hiddenDim', config.hiddenDim ?? config.valueDim),
      sharedAcrossHeads: checkBoolean('sharedAcrossHeads', config.sharedAcrossHeads ?? false),
    };
    const useBias = checkBoolean('useBias', config.useBias ?? true);
    super(config, 'dense_synthesizer', [denseScores({ ...own, useBias })]);
    this.own = own;
  }

  override getConfig(): object {
    return { ...this.commonConfig(), ...this.own };
  }
}
