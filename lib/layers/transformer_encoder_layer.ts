import { Explanation } from '../explain/explanation.js';
import { type Abortable, runSync, type Steps } from '../kernels/run.js';
import { checkOptions, optionNames } from '../options.js';
import { type MaskLike, shapeOf, type Tensor, type TensorLike } from '../tensor/tensor.js';
import type { AttentionCache } from './attention_cache.js';
import { type ExplainOptions, explanationOptions } from './attention_options.js';
import { innerSteps } from './callable_layer.js';
import { readConfig } from './config.js';
import type { TorchState } from './importers/torch.js';
import { type TorchTransformerOptions, torchTransformer } from './importers/torch_transformer.js';
import type { BuildSublayer, Layer } from './layer.js';
import { inLayer } from './layer_error.js';
import type { BuildConfig } from './layer_types.js';
import type { MixtureAttention } from './mixture_attention.js';
import { registerOwnLayer, runOf } from './own_layers.js';
import { type SerializedLayer, serializeLayer } from './registry.js';
import {
  attentionLayer,
  TransformerBlock,
  type TransformerConfig,
  type TransformerOptions,
  transformerReaders,
} from './transformer_block.js';

export interface TransformerEncoderLayerConfig extends TransformerConfig {
  /** Any attention layer whose output has the features of its query. */
  attention: MixtureAttention | SerializedLayer;
}

export interface TransformerEncoderCallOptions {
  /** [batch, length]: positions that are not 0 may be attended. */
  paddingMask?: MaskLike;
  /** As attentionMask of the attention layer. */
  attentionMask?: MaskLike;
  /** Default false. */
  useCausalMask?: boolean;
  /** Also return the softmax of the attention. */
  returnAttentionScores?: boolean;
  /** Made by `createCache`: the query holds the positions that follow those seen. */
  cache?: AttentionCache;
}

const CALL = ['paddingMask', 'attentionMask', 'useCausalMask', 'returnAttentionScores', 'cache'] as const;
const CALL_OPTIONS = optionNames<keyof (TransformerEncoderCallOptions & Abortable)>()(...CALL, 'signal');
const EXPLAIN_OPTIONS = optionNames<keyof (TransformerEncoderCallOptions & ExplainOptions)>()(
  ...CALL,
  'title',
  'subtitle',
  'queryTokens',
  'keyTokens',
);

type WithScores = TransformerEncoderCallOptions & { returnAttentionScores: true };

/**
 * One layer of a transformer's encoder (Vaswani et al., arXiv 1706.03762) around any attention layer; with a causal
 * mask and a cache it is one of a decoder-only transformer.
 * Weights, by KerasHub's names: self_attention/... of the attention, self_attention_layer_norm/gamma|beta [features],
 * feedforward_intermediate_dense/kernel [features, intermediateDim] and bias, feedforward_output_dense/kernel
 * [intermediateDim, features] and bias, feedforward_layer_norm/gamma|beta.
 */
export class TransformerEncoderLayer extends TransformerBlock<TransformerEncoderCallOptions, WithScores> {
  static override readonly className = 'TransformerEncoderLayer';
  protected override readonly callOptions = CALL_OPTIONS;
  readonly attention: MixtureAttention;

  constructor(config: TransformerEncoderLayerConfig) {
    const readers = { ...transformerReaders('transformer_encoder_layer'), attention: attentionLayer };
    const { attention, ...options } = readConfig<TransformerOptions & { attention: MixtureAttention }>(
      TransformerEncoderLayer.className,
      readers,
      config,
    );
    super(options, ['self_attention_layer_norm']);
    this.attention = attention;
  }

  /** The layer that torch.nn.TransformerEncoderLayer is, from its state dict. */
  static fromTorch(state: TorchState, options: TorchTransformerOptions): TransformerEncoderLayer {
    return torchTransformer(TransformerEncoderLayer, state, options);
  }

  override getConfig(): TransformerEncoderLayerConfig {
    return { ...this.options, attention: serializeLayer(this.attention) };
  }

  /** A cache for decoding position by position. */
  createCache(): AttentionCache {
    return this.attention.createCache();
  }

  /** @param query [batch, length, features] @returns the same shape */
  override *steps(
    query: TensorLike,
    options: TransformerEncoderCallOptions,
  ): Steps<Tensor | [Tensor, Tensor]> {
    if (!this.built) this.build(shapeOf('query', query));
    this.checkInput(query, this.getBuildConfig()!.queryShape);
    const sequences = this.attention.sequencesOf(shapeOf('query', query), attentionOptions(options));
    const [output, scores] = yield* this.together([sequences], this.sublayerSteps(query, options));
    return scores === null ? output : [output, scores];
  }

  private *sublayerSteps(
    query: TensorLike,
    options: TransformerEncoderCallOptions,
  ): Steps<readonly [Tensor, Tensor | null]> {
    const attend = (input: TensorLike, residual: TensorLike) => this.attend(input, residual, options);
    const [x, scores] = yield* this.residual('self_attention_layer_norm', query, attend);
    return [yield* this.feedForward(x), scores];
  }

  /** What one sequence attends to in this layer. */
  explain(query: TensorLike, options: TransformerEncoderCallOptions & ExplainOptions = {}): Explanation {
    return inLayer(this.className, () => {
      checkOptions(this.className, EXPLAIN_OPTIONS, options);
      const layer = runSync(this.explainSteps(query, options), runOf(this, false));
      return new Explanation([layer], explanationOptions(options, true));
    });
  }

  /** The body of `explain`, for layers that are made of layers. */
  *explainSteps(query: TensorLike, options: TransformerEncoderCallOptions) {
    const input = this.options.normalizeFirst
      ? yield* this.normalized('self_attention_layer_norm', query)
      : query;
    return yield* this.attention.explainSteps(input, attentionOptions(options));
  }

  protected override sublayers(): readonly (readonly [string, Layer])[] {
    return [['self_attention', this.attention]];
  }

  protected override buildSublayers({ queryShape }: BuildConfig, build: BuildSublayer): void {
    this.checkOutput('attention', this.attention, queryShape, queryShape);
    build('self_attention', this.attention, queryShape);
  }

  private *attend(
    input: TensorLike,
    residual: TensorLike,
    options: TransformerEncoderCallOptions,
  ): Steps<readonly [Tensor, Tensor | null]> {
    const inner = { ...attentionOptions(options), residual };
    const result = yield* innerSteps(this.attention, input, inner);
    return Array.isArray(result) ? result : [result, null];
  }
}

/** The names that the attention layer has for them. */
function attentionOptions({ paddingMask, ...rest }: TransformerEncoderCallOptions) {
  return { ...rest, ...(paddingMask === undefined ? {} : { valueMask: paddingMask }) };
}

registerOwnLayer(TransformerEncoderLayer);
