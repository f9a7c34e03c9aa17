import {
  FactorizedRandomSynthesizer as Inference,
  type FactorizedRandomSynthesizerConfig as InferenceConfig,
} from '../../layers/factorized_random_synthesizer.js';
import type { ScoreName } from '../../layers/scores/registry.js';
import type { TrainableLayerConfig } from './layer_options.js';
import { registerTrainable } from './registry.js';
import { TrainableAttention } from './trainable_attention.js';

export interface FactorizedRandomSynthesizerConfig extends InferenceConfig, TrainableLayerConfig {
  /** Whether the layer is trained, default true. */
  trainable?: boolean;
}

/** The random one with R = R1 R2^T. */
export class FactorizedRandomSynthesizer extends TrainableAttention {
  static readonly className = 'FactorizedRandomSynthesizer';

  constructor(config: FactorizedRandomSynthesizerConfig) {
    super(Inference, config);
  }

  protected override scores(): readonly ScoreName[] {
    return ['factorized-random'];
  }
}

registerTrainable(FactorizedRandomSynthesizer, Inference.className);
