import { ArgumentError, describe, expectation } from '../errors.js';
import type { ExplainedLayer } from '../explain/explanation.js';
import type { Abortable, Steps } from '../kernels/run.js';
import { optionNames } from '../options.js';
import { type MaskLike, shapeOf, type Tensor, type TensorLike } from '../tensor/tensor.js';
import type { AttentionCallOptions } from './attention_options.js';
import { innerSteps } from './callable_layer.js';
import { type Reader, readConfig } from './config.js';
import { DecoderCache } from './decoder_cache.js';
import type { TorchState } from './importers/torch.js';
import { type TorchTransformerOptions, torchTransformer } from './importers/torch_transformer.js';
import type { BuildSublayer, Layer } from './layer.js';
import type { BuildConfig } from './layer_types.js';
import type { MixtureAttention } from './mixture_attention.js';
import { registerOwnLayer } from './own_layers.js';
import { type SerializedLayer, serializeLayer } from './registry.js';
import {
  attentionLayer,
  TransformerBlock,
  type TransformerConfig,
  type TransformerOptions,
  transformerReaders,
} from './transformer_block.js';

export interface TransformerDecoderLayerConfig extends TransformerConfig {
  /** Attention among the decoder's own positions: any layer whose output has the features of its query. */
  attention: MixtureAttention | SerializedLayer;
  /** Attention of the decoder's positions to the encoder's output; without it the layer is decoder-only. */
  crossAttention?: MixtureAttention | SerializedLayer | null;
}

export interface TransformerDecoderCallOptions {
  /** The encoder's output [batch, source length, features]; needed with crossAttention, but not beside a cache. */
  encoderSequence?: TensorLike;
  /** [batch, source length]: positions of the encoder that may be attended. */
  encoderPaddingMask?: MaskLike;
  /** [batch, length, source length] */
  encoderAttentionMask?: MaskLike;
  /** [batch, length]: positions of the decoder that may be attended. */
  decoderPaddingMask?: MaskLike;
  /** [batch, length, length] */
  decoderAttentionMask?: MaskLike;
  /** Of the attention among the decoder's own positions, default true. */
  useCausalMask?: boolean;
  /** Made by `createCache`: the query holds the positions that follow those seen. */
  cache?: DecoderCache;
}

const CALL_OPTIONS = optionNames<keyof (TransformerDecoderCallOptions & Abortable)>()(
  'encoderSequence',
  'encoderPaddingMask',
  'encoderAttentionMask',
  'decoderPaddingMask',
  'decoderAttentionMask',
  'useCausalMask',
  'cache',
  'signal',
);

interface Options extends TransformerOptions {
  attention: MixtureAttention;
  crossAttention: MixtureAttention | null;
}

const CLASS = 'TransformerDecoderLayer';

const optionalAttention: Reader<MixtureAttention | null> = (value, name) =>
  value === undefined || value === null ? null : attentionLayer(value, name);

function masks(valueMask: MaskLike | undefined, attentionMask: MaskLike | undefined): AttentionCallOptions {
  return { ...(valueMask && { valueMask }), ...(attentionMask && { attentionMask }) };
}

/**
 * One layer of a transformer's decoder (Vaswani et al., arXiv 1706.03762): causal self-attention, attention to the
 * encoder's output, and a feed-forward network.
 * Weights, by KerasHub's names: self_attention/..., cross_attention/..., self_attention_layer_norm/gamma|beta,
 * cross_attention_layer_norm/gamma|beta, feedforward_intermediate_dense/kernel|bias,
 * feedforward_output_dense/kernel|bias, feedforward_layer_norm/gamma|beta.
 */
export class TransformerDecoderLayer extends TransformerBlock<TransformerDecoderCallOptions, never> {
  static override readonly className = CLASS;
  protected override readonly callOptions = CALL_OPTIONS;
  readonly attention: MixtureAttention;
  readonly crossAttention: MixtureAttention | null;

  constructor(config: TransformerDecoderLayerConfig) {
    const readers = {
      ...transformerReaders('transformer_decoder_layer'),
      attention: attentionLayer,
      crossAttention: optionalAttention,
    };
    const { attention, crossAttention, ...options } = readConfig<Options>(CLASS, readers, config);
    const cross = crossAttention === null ? [] : ['cross_attention_layer_norm'];
    super(options, ['self_attention_layer_norm', ...cross]);
    this.attention = attention;
    this.crossAttention = crossAttention;
  }

  /** The layer that torch.nn.TransformerDecoderLayer is, from its state dict. */
  static fromTorch(state: TorchState, options: TorchTransformerOptions): TransformerDecoderLayer {
    return torchTransformer(TransformerDecoderLayer, state, options);
  }

  override getConfig(): TransformerDecoderLayerConfig {
    const { attention, crossAttention } = this;
    return {
      ...this.options,
      attention: serializeLayer(attention),
      crossAttention: crossAttention && serializeLayer(crossAttention),
    };
  }

  /** A cache for decoding position by position. @param encoderSequence needed with crossAttention */
  createCache(encoderSequence?: TensorLike): DecoderCache {
    const { crossAttention } = this;
    if ((crossAttention === null) !== (encoderSequence === undefined)) {
      const expected = crossAttention ? 'the encoder’s output' : 'no encoder’s output without crossAttention';
      throw new ArgumentError(expectation(CLASS, expected, encoderSequence === undefined ? 'none' : 'one'));
    }
    const cross = crossAttention?.createCache({ value: encoderSequence! });
    return new DecoderCache(this.attention.createCache(), cross);
  }

  /** @param query [batch, length, features] @returns the same shape */
  override *steps(query: TensorLike, options: TransformerDecoderCallOptions): Steps<Tensor> {
    this.prepareCall(query, options);
    const shape = shapeOf('query', query);
    const sequences = [this.attention.sequencesOf(shape, this.selfOptions(options))];
    if (this.crossAttention) {
      sequences.push(this.crossAttention.sequencesOf(shape, this.crossOptions(options)));
    }
    return yield* this.together(sequences, this.sublayerSteps(query, options));
  }

  private *sublayerSteps(query: TensorLike, options: TransformerDecoderCallOptions): Steps<Tensor> {
    const [x] = yield* this.residual('self_attention_layer_norm', query, (input, residual) =>
      sublayer(this.attention, input, { ...this.selfOptions(options), residual }),
    );
    const { crossAttention } = this;
    if (crossAttention === null) return yield* this.feedForward(x);
    const [y] = yield* this.residual('cross_attention_layer_norm', x, (input, residual) =>
      sublayer(crossAttention, input, { ...this.crossOptions(options), residual }),
    );
    return yield* this.feedForward(y);
  }

  /** What one sequence attends to: among its own positions and, with crossAttention, in the encoder's output. */
  *explainSteps(query: TensorLike, options: TransformerDecoderCallOptions): Steps<ExplainedLayer[]> {
    this.prepareCall(query, options);
    const { normalizeFirst } = this.options;
    const input = normalizeFirst ? yield* this.normalized('self_attention_layer_norm', query) : query;
    const own = yield* this.attention.explainSteps(input, this.selfOptions(options));
    if (this.crossAttention === null) return [own];
    const [x] = yield* this.residual('self_attention_layer_norm', query, (from, residual) =>
      sublayer(this.attention, from, { ...this.selfOptions(options), residual }),
    );
    const crossInput = normalizeFirst ? yield* this.normalized('cross_attention_layer_norm', x) : x;
    return [own, yield* this.crossAttention.explainSteps(crossInput, this.crossOptions(options))];
  }

  protected override sublayers(): readonly (readonly [string, Layer])[] {
    const cross = this.crossAttention ? [['cross_attention', this.crossAttention] as const] : [];
    return [['self_attention', this.attention], ...cross];
  }

  protected override buildSublayers({ queryShape, valueShape }: BuildConfig, build: BuildSublayer): void {
    this.checkOutput('attention', this.attention, queryShape, queryShape);
    build('self_attention', this.attention, queryShape);
    if (this.crossAttention === null) return;
    this.checkOutput('crossAttention', this.crossAttention, queryShape, valueShape);
    build('cross_attention', this.crossAttention, queryShape, valueShape);
  }

  private prepareCall(query: TensorLike, { encoderSequence, cache }: TransformerDecoderCallOptions): void {
    if (cache !== undefined && !(cache instanceof DecoderCache)) {
      throw new ArgumentError(expectation('cache', 'what createCache made', describe(cache)));
    }
    const memory = encoderSequence ?? cache?.crossAttention?.memory?.value;
    if ((this.crossAttention === null) !== (memory === undefined)) {
      const expected = this.crossAttention
        ? 'a tensor (there is crossAttention)'
        : 'none without crossAttention';
      throw new ArgumentError(expectation('encoderSequence', expected, memory ? 'one' : 'none'));
    }
    const shape = shapeOf('query', query);
    if (!this.built) this.build(shape, memory ? shapeOf('encoderSequence', memory) : shape);
    this.checkInput(query, this.getBuildConfig()!.queryShape);
  }

  private selfOptions(options: TransformerDecoderCallOptions): AttentionCallOptions {
    const { cache, decoderPaddingMask, decoderAttentionMask, useCausalMask = true } = options;
    return {
      ...masks(decoderPaddingMask, decoderAttentionMask),
      useCausalMask,
      ...(cache && { cache: cache.selfAttention }),
    };
  }

  private crossOptions(options: TransformerDecoderCallOptions): AttentionCallOptions {
    const { cache, encoderSequence, encoderPaddingMask, encoderAttentionMask } = options;
    return {
      ...masks(encoderPaddingMask, encoderAttentionMask),
      ...(encoderSequence && { value: encoderSequence }),
      ...(cache?.crossAttention && { cache: cache.crossAttention }),
    };
  }
}

function* sublayer(
  attention: MixtureAttention,
  input: TensorLike,
  options: AttentionCallOptions & { residual: TensorLike },
): Steps<readonly [Tensor, null]> {
  return [(yield* innerSteps(attention, input, options)) as Tensor, null];
}

registerOwnLayer(TransformerDecoderLayer);
