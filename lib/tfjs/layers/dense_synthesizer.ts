import {
  DenseSynthesizer as Inference,
  type DenseSynthesizerConfig as InferenceConfig,
} from '../../layers/dense_synthesizer.js';
import type { ScoreName } from '../../layers/scores/registry.js';
import type { TrainableLayerConfig } from './layer_options.js';
import { registerTrainable } from './registry.js';
import { TrainableAttention } from './trainable_attention.js';

export interface DenseSynthesizerConfig extends InferenceConfig, TrainableLayerConfig {
  /** Whether the layer is trained, default true. */
  trainable?: boolean;
}

/** Each token predicts its attention weights from itself alone. */
export class DenseSynthesizer extends TrainableAttention {
  static readonly className = 'DenseSynthesizer';

  constructor(config: DenseSynthesizerConfig) {
    super(Inference, config);
  }

  protected override scores(): readonly ScoreName[] {
    return ['dense'];
  }
}

registerTrainable(DenseSynthesizer, Inference.className);
