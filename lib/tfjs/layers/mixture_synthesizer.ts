import type { Mixing } from '../../layers/mixing.js';
import {
  MixtureSynthesizer as Inference,
  type MixtureSynthesizerConfig as InferenceConfig,
} from '../../layers/mixture_synthesizer.js';
import type { ScoreName } from '../../layers/scores/registry.js';
import type { TrainableLayerConfig } from './layer_options.js';
import { registerTrainable } from './registry.js';
import { type AttentionOptions, TrainableAttention } from './trainable_attention.js';

export interface MixtureSynthesizerConfig extends InferenceConfig, TrainableLayerConfig {}

/** Several score functions inside one softmax: R+V, D+V, R+D and any other; `trainable` is of the random scores. */
export class MixtureSynthesizer extends TrainableAttention {
  static readonly className = 'MixtureSynthesizer';
  declare readonly options: AttentionOptions & { scores: readonly ScoreName[]; mixing: Mixing };

  constructor(config: MixtureSynthesizerConfig) {
    super(Inference, config, { ownTrainable: true });
  }

  protected override scores(): readonly ScoreName[] {
    return this.options.scores;
  }

  protected override mixing(): Mixing {
    return this.options.mixing;
  }
}

registerTrainable(MixtureSynthesizer, Inference.className);
