import {
  RandomSynthesizer as Inference,
  type RandomSynthesizerConfig as InferenceConfig,
} from '../../layers/random_synthesizer.js';
import type { ScoreName } from '../../layers/scores/registry.js';
import type { TrainableLayerConfig } from './layer_options.js';
import { registerTrainable } from './registry.js';
import { TrainableAttention } from './trainable_attention.js';

export interface RandomSynthesizerConfig extends InferenceConfig, TrainableLayerConfig {}

/** Attention weights that are learnt a position and know nothing of the input; with `trainable: false` they stay as drawn ("Fix"). */
export class RandomSynthesizer extends TrainableAttention {
  static readonly className = 'RandomSynthesizer';

  constructor(config: RandomSynthesizerConfig) {
    super(Inference, config, { ownTrainable: true });
  }

  protected override scores(): readonly ScoreName[] {
    return ['random'];
  }
}

registerTrainable(RandomSynthesizer, Inference.className);
