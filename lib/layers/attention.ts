import { commonReaders, flag, oneOf, readConfig } from './config.js';
import { fromKeras, type KerasLayer } from './importers/keras.js';
import { registerOwnLayer } from './own_layers.js';
import {
  PlainAttention,
  type PlainAttentionConfig,
  type PlainOptions,
  plainReaders,
} from './plain_attention.js';
import { concatScores } from './scores/additive.js';
import { plainDotProductScores } from './scores/dot_product.js';

export type ScoreMode = 'dot' | 'concat';

export interface AttentionConfig extends PlainAttentionConfig {
  /** A scalar weight on the logits ('dot') or inside of the hyperbolic tangent ('concat'); default false. */
  useScale?: boolean;
  /** 'dot': scale x y^T; 'concat': concat_score_weight * sum_c tanh(scale (x_c + y_c)). Default 'dot'. */
  scoreMode?: ScoreMode;
}

interface Options extends PlainOptions {
  useScale: boolean;
  scoreMode: ScoreMode;
}

/**
 * Keras' Attention (Luong et al., arXiv 1508.04025): softmax(scores(query, key)) value without projections.
 * Weights: scale [] if useScale, concat_score_weight [] if scoreMode is 'concat'; both start at 1.
 */
export class Attention extends PlainAttention<Options> {
  static override readonly className = 'Attention';

  constructor(config: AttentionConfig = {}) {
    const readers = {
      ...commonReaders('attention'),
      ...plainReaders,
      useScale: flag(false),
      scoreMode: oneOf<ScoreMode>(['dot', 'concat'], 'dot'),
    };
    const options = readConfig<Options>(Attention.className, readers, config);
    const scores = options.scoreMode === 'dot' ? plainDotProductScores : concatScores;
    super(options, scores(options.useScale));
  }

  /** The layer that a Keras layer is, from its get_config() and its weights. */
  static fromKeras(layer: KerasLayer): Attention {
    return fromKeras(Attention, layer);
  }
}

registerOwnLayer(Attention);
