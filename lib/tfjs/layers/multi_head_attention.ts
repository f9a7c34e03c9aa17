import {
  MultiHeadAttention as Inference,
  type MultiHeadAttentionConfig as InferenceConfig,
} from '../../layers/multi_head_attention.js';
import type { ScoreName } from '../../layers/scores/registry.js';
import type { TrainableLayerConfig } from './layer_options.js';
import { registerTrainable } from './registry.js';
import { TrainableAttention } from './trainable_attention.js';

export interface MultiHeadAttentionConfig extends InferenceConfig, TrainableLayerConfig {
  /** Whether the layer is trained, default true. */
  trainable?: boolean;
}

/** Keras' MultiHeadAttention, trainable. tfjs-layers has a class of this name, which cannot be applied: ours is another to its loader. */
export class MultiHeadAttention extends TrainableAttention {
  static readonly className = 'SyntheticMultiHeadAttention';

  constructor(config: MultiHeadAttentionConfig) {
    super(Inference, config);
  }

  protected override scores(): readonly ScoreName[] {
    return ['dot-product'];
  }
}

registerTrainable(MultiHeadAttention, Inference.className);
