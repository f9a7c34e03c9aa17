import { ArgumentError, expectation } from '../errors.js';
import {
  type CommonConfig,
  commonReaders,
  flag,
  positive,
  positiveOrNull,
  rate,
  readConfig,
} from './config.js';
import { fromKeras, type KerasLayer } from './importers/keras.js';
import type { LayerConfig } from './layer_types.js';
import { MixtureAttention } from './mixture_attention.js';
import { registerOwnLayer } from './own_layers.js';
import { dotProductScores } from './scores/dot_product.js';

export interface GroupedQueryAttentionConfig extends LayerConfig {
  /** Features of query, key and value a head. */
  headDim: number;
  /** Heads of queries. */
  numQueryHeads: number;
  /** Heads of keys and values, a divisor of numQueryHeads; 1 is multi-query attention. */
  numKeyValueHeads: number;
  /** Biases of all projections, default true. */
  useBias?: boolean;
  /** w: each query attends only keys at a distance below w. */
  slidingWindow?: number | null;
  /** Multiply each head's output by sigmoid(query W_g + b_g), default false. */
  useGate?: boolean;
  /** Kept for the config's sake: layers here infer. */
  dropout?: number;
}

interface Options extends CommonConfig {
  headDim: number;
  numQueryHeads: number;
  numKeyValueHeads: number;
  useBias: boolean;
  slidingWindow: number | null;
  useGate: boolean;
  dropout: number;
}

const CLASS = 'GroupedQueryAttention';

function withDefaults(config: GroupedQueryAttentionConfig): Options {
  const options = readConfig<Options>(
    CLASS,
    {
      ...commonReaders('grouped_query_attention'),
      headDim: positive,
      numQueryHeads: positive,
      numKeyValueHeads: positive,
      useBias: flag(true),
      slidingWindow: positiveOrNull,
      useGate: flag(false),
      dropout: rate,
    },
    config,
  );
  const { numQueryHeads, numKeyValueHeads } = options;
  if (numQueryHeads % numKeyValueHeads !== 0) {
    const expected = `numKeyValueHeads to divide numQueryHeads ${numQueryHeads}`;
    throw new ArgumentError(expectation(CLASS, expected, String(numKeyValueHeads)));
  }
  return options;
}

/**
 * Keras' GroupedQueryAttention (Ainslie et al., arXiv 2305.13245): several heads of queries share one head of keys
 * and values, which are kept once.
 * Weights: query/kernel [features, numQueryHeads, headDim], key|value/kernel [features, numKeyValueHeads, headDim],
 * attention_output/kernel [numQueryHeads, headDim, features], and their biases; with useGate gate/kernel and bias.
 */
export class GroupedQueryAttention extends MixtureAttention {
  static override readonly className = CLASS;
  private readonly options: Options;

  constructor(config: GroupedQueryAttentionConfig) {
    const options = withDefaults(config);
    const { headDim, numQueryHeads, numKeyValueHeads, useBias, useGate, slidingWindow, dropout } = options;
    super(options, {
      scores: [dotProductScores(headDim, useBias)],
      mixing: 'learned',
      projections: { valueDim: headDim, useBias, outputShape: null, useGate },
      heads: numQueryHeads,
      keyValueHeads: numKeyValueHeads,
      attentionAxes: null,
      slidingWindow,
      dropout,
    });
    this.options = options;
  }

  override getConfig(): Options {
    return { ...this.options };
  }

  /** The layer that a Keras layer is, from its get_config() and its weights. */
  static fromKeras(layer: KerasLayer): GroupedQueryAttention {
    return fromKeras(GroupedQueryAttention, layer);
  }
}

registerOwnLayer(GroupedQueryAttention);
