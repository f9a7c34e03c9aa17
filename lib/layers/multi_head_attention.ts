import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import type { MixtureAttentionConfig } from './mixture_attention.js';
import { ProjectedAttention } from './projected_attention.js';
import { dotProductScores } from './scores/dot_product.js';

export interface MultiHeadAttentionConfig extends Omit<MixtureAttentionConfig, 'valueDim'> {
  /** Features of query and key a head. */
  keyDim: number;
  /** Features of value a head, default keyDim. */
  valueDim?: number;
}

/** Keras' MultiHeadAttention (Vaswani et al., arXiv 1706.03762) for inference. */
export class MultiHeadAttention extends ProjectedAttention {
  private readonly keyDim: number;

  constructor(config: MultiHeadAttentionConfig) {
    const keyDim = checkPositiveInteger('keyDim', config.keyDim);
    const scores = [dotProductScores(keyDim, checkBoolean('useBias', config.useBias ?? true))];
    super({ ...config, valueDim: config.valueDim ?? keyDim }, 'multi_head_attention', scores);
    this.keyDim = keyDim;
  }

  override getConfig(): object {
    return { ...this.commonConfig(), keyDim: this.keyDim };
  }
}
