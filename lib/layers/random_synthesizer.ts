import { checkPositiveInteger } from '../tensor/shape.js';
import type { MixtureAttentionConfig } from './mixture_attention.js';
import { ProjectedAttention } from './projected_attention.js';
import { randomScores } from './scores/random.js';

export interface RandomSynthesizerConfig extends MixtureAttentionConfig {
  /** N: the longest length; shorter inputs use the leading rows and columns of R. */
  maxLength: number;
}

/**
 * The random Synthesizer (Tay et al., arXiv 2005.00743): attention weights softmax(R_h), R [heads, N, N] learnt
 * and independent of the input. There is no query and no key projection.
 */
export class RandomSynthesizer extends ProjectedAttention {
  private readonly maxLength: number;

  constructor(config: RandomSynthesizerConfig) {
    const maxLength = checkPositiveInteger('maxLength', config.maxLength);
    super(config, 'random_synthesizer', [randomScores(maxLength)]);
    this.maxLength = maxLength;
  }

  override getConfig(): object {
    return { ...this.commonConfig(), maxLength: this.maxLength };
  }
}
