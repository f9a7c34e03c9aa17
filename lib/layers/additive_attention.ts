import { commonReaders, flag, readConfig } from './config.js';
import { fromKeras, type KerasLayer } from './importers/keras.js';
import { registerOwnLayer } from './own_layers.js';
import {
  PlainAttention,
  type PlainAttentionConfig,
  type PlainOptions,
  plainReaders,
} from './plain_attention.js';
import { bahdanauScores } from './scores/additive.js';

export interface AdditiveAttentionConfig extends PlainAttentionConfig {
  /** A weight for each feature, default true. */
  useScale?: boolean;
}

interface Options extends PlainOptions {
  useScale: boolean;
}

/**
 * Keras' AdditiveAttention (Bahdanau et al., arXiv 1409.0473): logits sum_c scale_c tanh(query_c + key_c).
 * Weights: scale [features] if useScale.
 */
export class AdditiveAttention extends PlainAttention<Options> {
  static override readonly className = 'AdditiveAttention';

  constructor(config: AdditiveAttentionConfig = {}) {
    const readers = { ...commonReaders('additive_attention'), ...plainReaders, useScale: flag(true) };
    const options = readConfig<Options>(AdditiveAttention.className, readers, config);
    super(options, bahdanauScores(options.useScale));
  }

  /** The layer that a Keras layer is, from its get_config() and its weights. */
  static fromKeras(layer: KerasLayer): AdditiveAttention {
    return fromKeras(AdditiveAttention, layer);
  }
}

registerOwnLayer(AdditiveAttention);
