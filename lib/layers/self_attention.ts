import type { LayerConfig } from './layer.js';
import { MixtureAttention } from './mixture_attention.js';
import { plainDotProductScores } from './scores/dot_product.js';

export type SelfAttentionConfig = LayerConfig;

/**
 * Basic self-attention without parameters: z = softmax(x x^T) x. With `value` (and `key`) it is the same formula
 * across two sequences.
 */
export class SelfAttention extends MixtureAttention {
  constructor(config: SelfAttentionConfig = {}) {
    super(config, 'self_attention', {
      scores: [plainDotProductScores()],
      projections: undefined,
      numHeads: 1,
      dropout: 0,
    });
  }

  override getConfig(): SelfAttentionConfig {
    return { name: this.name, seed: this.seed };
  }
}
