import {
  FactorizedDenseSynthesizer as Inference,
  type FactorizedDenseSynthesizerConfig as InferenceConfig,
} from '../../layers/factorized_dense_synthesizer.js';
import type { ScoreName } from '../../layers/scores/registry.js';
import type { TrainableLayerConfig } from './layer_options.js';
import { registerTrainable } from './registry.js';
import { TrainableAttention } from './trainable_attention.js';

export interface FactorizedDenseSynthesizerConfig extends InferenceConfig, TrainableLayerConfig {
  /** Whether the layer is trained, default true. */
  trainable?: boolean;
}

/** The dense one, predicting a + b numbers a token for a b logits. */
export class FactorizedDenseSynthesizer extends TrainableAttention {
  static readonly className = 'FactorizedDenseSynthesizer';

  constructor(config: FactorizedDenseSynthesizerConfig) {
    super(Inference, config);
  }

  protected override scores(): readonly ScoreName[] {
    return ['factorized-dense'];
  }
}

registerTrainable(FactorizedDenseSynthesizer, Inference.className);
