import { flag, positive, readConfig } from './config.js';
import { registerOwnLayer } from './own_layers.js';
import {
  ProjectedAttention,
  type ProjectedAttentionConfig,
  type ProjectedOptions,
  projectedReaders,
} from './projected_attention.js';
import { randomScores } from './scores/random.js';

export interface RandomSynthesizerConfig extends ProjectedAttentionConfig {
  /** N: the longest length; shorter inputs use the leading rows and columns of R. */
  maxLength: number;
  /** Whether R is learnt ("R" in the paper, default) or stays as it was drawn ("Fix"). */
  trainable?: boolean;
}

interface Options extends ProjectedOptions {
  maxLength: number;
  trainable: boolean;
}

/**
 * The random Synthesizer (Tay et al., arXiv 2005.00743): attention weights softmax(R_h) that do not depend on the
 * input. There is no query and no key projection, and a prepared layer computes no exponential.
 * Weights: random/kernel [heads, N, N], value/kernel [features, heads, valueDim], attention_output/kernel [heads,
 * valueDim, ...outputShape], and biases of the last two.
 */
export class RandomSynthesizer extends ProjectedAttention<Options> {
  static override readonly className = 'RandomSynthesizer';

  constructor(config: RandomSynthesizerConfig) {
    const readers = {
      ...projectedReaders('random_synthesizer'),
      maxLength: positive,
      trainable: flag(true),
    };
    const options = readConfig<Options>(RandomSynthesizer.className, readers, config);
    super(options, { scores: [randomScores(options.maxLength, options.trainable)] });
  }
}

registerOwnLayer(RandomSynthesizer);
