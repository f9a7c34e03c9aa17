import { flag, positive, readConfig } from './config.js';
import { fromKeras, type KerasLayer } from './importers/keras.js';
import { fromTorch, type TorchAttentionOptions, type TorchState } from './importers/torch.js';
import { registerOwnLayer } from './own_layers.js';
import {
  ProjectedAttention,
  type ProjectedAttentionConfig,
  type ProjectedOptions,
  projectedReaders,
} from './projected_attention.js';
import { dotProductScores } from './scores/dot_product.js';

export interface MultiHeadAttentionConfig extends Omit<ProjectedAttentionConfig, 'valueDim'> {
  /** Features of query and key a head. */
  keyDim: number;
  /** Features of value a head, default keyDim. */
  valueDim?: number;
  /** Multiply each head's output by sigmoid(query W_g + b_g), default false. */
  useGate?: boolean;
}

interface Options extends ProjectedOptions {
  keyDim: number;
  useGate: boolean;
}

const CLASS = 'MultiHeadAttention';

function withDefaults(config: MultiHeadAttentionConfig): Options {
  // keyDim first: a config without it is told so, and not that valueDim, which follows it, is missing.
  const readers = {
    keyDim: positive,
    ...projectedReaders('multi_head_attention'),
    useGate: flag(false),
  };
  return readConfig<Options>(CLASS, readers, { ...config, valueDim: config?.valueDim ?? config?.keyDim });
}

/**
 * Keras' MultiHeadAttention (Vaswani et al., arXiv 1706.03762) for inference.
 * Weights: query|key/kernel [features, heads, keyDim], query|key/bias [heads, keyDim], value/kernel [features, heads,
 * valueDim], value/bias, attention_output/kernel [heads, valueDim, ...outputShape], attention_output/bias; with
 * useGate gate/kernel [features, heads, valueDim] and gate/bias.
 */
export class MultiHeadAttention extends ProjectedAttention<Options> {
  static override readonly className = CLASS;

  constructor(config: MultiHeadAttentionConfig) {
    const options = withDefaults(config);
    const scores = [dotProductScores(options.keyDim, options.useBias)];
    super(options, { scores, useGate: options.useGate });
  }

  /**
   * The layer that torch.nn.MultiheadAttention(embedDim, numHeads, ...) is, from its state dict.
   * @throws ArgumentError, ShapeError if the state does not belong to such a module
   */
  static fromTorch(state: TorchState, options: TorchAttentionOptions): MultiHeadAttention {
    return fromTorch(MultiHeadAttention, state, options);
  }

  /** The layer that a Keras layer is, from its get_config() and its weights. */
  static fromKeras(layer: KerasLayer): MultiHeadAttention {
    return fromKeras(MultiHeadAttention, layer);
  }
}

registerOwnLayer(MultiHeadAttention);
