/** Sequence to sequence: an encoder's output attended by a decoder (Vaswani et al., arXiv 1706.03762). */
import { ArgumentError, describe, expectation } from '../errors.js';
import { Explanation } from '../explain/explanation.js';
import { type Abortable, runSync, type Steps } from '../kernels/run.js';
import { checkOptions, optionNames } from '../options.js';
import { checkFeatureShape, type Shape } from '../tensor/shape.js';
import { type MaskLike, shapeOf, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { type ExplainOptions, explanationOptions } from './attention_options.js';
import { CallableLayer, innerSteps } from './callable_layer.js';
import { type CommonConfig, commonReaders, type Reader, readConfig } from './config.js';
import type { DecoderCache } from './decoder_cache.js';
import type { BuildSublayer, Layer } from './layer.js';
import { inLayer } from './layer_error.js';
import type { BuildConfig, LayerConfig, WeightSpec } from './layer_types.js';
import { registerOwnLayer, runOf } from './own_layers.js';
import { layerFromConfig, type SerializedLayer, serializeLayer } from './registry.js';
import { TransformerDecoderLayer } from './transformer_decoder_layer.js';
import { TransformerEncoderLayer } from './transformer_encoder_layer.js';

export interface EncoderDecoderConfig extends LayerConfig {
  /** Layers of the encoder, first to last. */
  encoder: readonly (TransformerEncoderLayer | SerializedLayer)[];
  /** Layers of the decoder, first to last, each with crossAttention. */
  decoder: readonly (TransformerDecoderLayer | SerializedLayer)[];
}

export interface EncoderDecoderCallOptions {
  /** The decoder's input [batch, target length, features]. */
  target: TensorLike;
  /** [batch, source length]: positions of the source that may be attended. */
  sourceMask?: MaskLike;
  /** [batch, target length]: positions of the target that may be attended. */
  targetMask?: MaskLike;
}

interface EncodeSourceOptions {
  sourceMask?: MaskLike;
}

export interface DecodeOptions {
  /** What `encode` gave; not needed beside a cache. */
  encoderSequence?: TensorLike;
  sourceMask?: MaskLike;
  targetMask?: MaskLike;
  /** Made by `createCache`: the target holds the positions that follow those seen. */
  cache?: readonly DecoderCache[];
}

const MASKS = ['sourceMask', 'targetMask'] as const;
const EXPLAIN = ['title', 'subtitle', 'queryTokens', 'keyTokens'] as const;
const CALL_OPTIONS = optionNames<keyof (EncoderDecoderCallOptions & Abortable)>()(
  ...MASKS,
  'target',
  'signal',
);
const EXPLAIN_OPTIONS = optionNames<keyof (EncoderDecoderCallOptions & ExplainOptions)>()(
  ...MASKS,
  'target',
  ...EXPLAIN,
);
const ENCODE_OPTIONS = optionNames<keyof (EncodeSourceOptions & Abortable)>()('sourceMask', 'signal');
const DECODE_OPTIONS = optionNames<keyof (DecodeOptions & Abortable)>()(
  ...MASKS,
  'encoderSequence',
  'cache',
  'signal',
);

interface Options extends CommonConfig {
  encoder: TransformerEncoderLayer[];
  decoder: TransformerDecoderLayer[];
}

/** More than any stack has. */
const MOST_LAYERS = 10_000;

type LayerType<L> = { readonly className: string; new (config: never): L };

const layersOf =
  <L extends Layer>(LayerOf: LayerType<L>): Reader<L[]> =>
  (value, name) => {
    const list = Array.isArray(value) && value.length <= MOST_LAYERS ? (value as unknown[]) : [];
    const layers = Array.from(list, (item) =>
      item instanceof LayerOf ? item : layerFromConfig(item as SerializedLayer),
    );
    if (layers.length === 0 || !layers.every((layer) => layer instanceof LayerOf)) {
      throw new ArgumentError(expectation(name, `one or more ${LayerOf.className}s`, describe(value)));
    }
    return layers as L[];
  };

/**
 * A stack of encoder layers and a stack of decoder layers. Inputs are embedded sequences; what turns tokens into
 * them and outputs into tokens is the caller's.
 * Weights: encoder_<i>/... and decoder_<i>/... of the layers.
 */
export class EncoderDecoder extends CallableLayer<EncoderDecoderCallOptions, never> {
  static override readonly className = 'EncoderDecoder';
  protected override readonly callOptions = CALL_OPTIONS;
  readonly encoder: readonly TransformerEncoderLayer[];
  readonly decoder: readonly TransformerDecoderLayer[];

  constructor(config: EncoderDecoderConfig) {
    const readers = {
      ...commonReaders('encoder_decoder'),
      encoder: layersOf(TransformerEncoderLayer),
      decoder: layersOf(TransformerDecoderLayer),
    };
    const { encoder, decoder, ...common } = readConfig<Options>(EncoderDecoder.className, readers, config);
    if (decoder.some(({ crossAttention }) => crossAttention === null)) {
      throw new ArgumentError(
        expectation(EncoderDecoder.className, 'crossAttention in every decoder layer', 'one without'),
      );
    }
    super(common);
    this.encoder = encoder;
    this.decoder = decoder;
  }

  override getConfig(): EncoderDecoderConfig {
    const { name, seed } = this;
    return {
      name,
      seed,
      encoder: this.encoder.map(serializeLayer),
      decoder: this.decoder.map(serializeLayer),
    };
  }

  override prepare(): void {
    for (const [, layer] of this.sublayers()) layer.prepare();
  }

  override computeOutputShape(_sourceShape: Shape, targetShape: Shape = _sourceShape): number[] {
    inLayer(this.className, () => checkFeatureShape('source', _sourceShape));
    return [...inLayer(this.className, () => checkFeatureShape('target', targetShape))];
  }

  /** The encoder's output for a source [batch, source length, features]. */
  encode(source: TensorLike, options: EncodeSourceOptions = {}): Tensor {
    return inLayer(this.className, () => {
      checkOptions(this.className, ENCODE_OPTIONS, options);
      return runSync(this.encodeSteps(source, options.sourceMask), runOf(this, false));
    });
  }

  async encodeAsync(source: TensorLike, options: EncodeSourceOptions & Abortable = {}): Promise<Tensor> {
    checkOptions(this.className, ENCODE_OPTIONS, options);
    return this.onPool(options, (copies) =>
      this.encodeSteps(copies.ofArgument(source), copies.ofArgument(options.sourceMask)),
    );
  }

  /** The decoder's output for a target [batch, target length, features]. */
  decode(target: TensorLike, options: DecodeOptions): Tensor {
    return inLayer(this.className, () => {
      checkOptions(this.className, DECODE_OPTIONS, options ?? null);
      return runSync(this.decodeSteps(target, options), runOf(this, false));
    });
  }

  async decodeAsync(target: TensorLike, options: DecodeOptions & Abortable): Promise<Tensor> {
    checkOptions(this.className, DECODE_OPTIONS, options ?? null);
    return this.onPool(options, (copies) =>
      this.decodeSteps(copies.ofArgument(target), copies.ofOptions(options)),
    );
  }

  /** Caches of all decoder layers, for decoding position by position. @param encoderSequence what `encode` gave */
  createCache(encoderSequence: TensorLike): DecoderCache[] {
    return this.decoder.map((layer) => layer.createCache(encoderSequence));
  }

  /** What one sequence attends to in the decoder: among the target, and from the target to the source. */
  explain(source: TensorLike, options: EncoderDecoderCallOptions & ExplainOptions): Explanation {
    return inLayer(this.className, () => {
      checkOptions(this.className, EXPLAIN_OPTIONS, options ?? null);
      const layers = runSync(this.explainSteps(source, options), runOf(this, false));
      return new Explanation(layers, explanationOptions(options, false));
    });
  }

  override *steps(source: TensorLike, options: EncoderDecoderCallOptions): Steps<Tensor> {
    if (!this.built) this.build(shapeOf('source', source), shapeOf('target', options.target));
    const encoderSequence = yield* this.encodeSteps(source, options.sourceMask);
    return yield* this.decodeSteps(options.target, { ...options, encoderSequence });
  }

  protected override sublayers(): readonly (readonly [string, Layer])[] {
    return [
      ...this.encoder.map((layer, i) => [`encoder_${i}`, layer] as const),
      ...this.decoder.map((layer, i) => [`decoder_${i}`, layer] as const),
    ];
  }

  protected override weightSpecs(): WeightSpec[] {
    return [];
  }

  protected override buildSublayers({ queryShape, valueShape }: BuildConfig, build: BuildSublayer): void {
    for (const [i, layer] of this.encoder.entries()) build(`encoder_${i}`, layer, queryShape);
    for (const [i, layer] of this.decoder.entries()) build(`decoder_${i}`, layer, valueShape, queryShape);
  }

  protected override invalidate(): void {}

  private *encodeSteps(source: TensorLike, sourceMask: MaskLike | undefined): Steps<Tensor> {
    let x = source;
    for (const layer of this.encoder) {
      x = (yield* innerSteps(layer, x, sourceMask ? { paddingMask: sourceMask } : {})) as Tensor;
    }
    return x as Tensor;
  }

  private decoderOptions({ encoderSequence, sourceMask, targetMask, cache }: DecodeOptions, layer: number) {
    return {
      ...(encoderSequence && { encoderSequence }),
      ...(sourceMask && { encoderPaddingMask: sourceMask }),
      ...(targetMask && { decoderPaddingMask: targetMask }),
      ...(cache && { cache: cache[layer]! }),
    };
  }

  private *decodeSteps(target: TensorLike, options: DecodeOptions): Steps<Tensor> {
    const { cache } = options;
    if (cache !== undefined && !(Array.isArray(cache) && cache.length === this.decoder.length)) {
      throw new ArgumentError(expectation('cache', 'what createCache made', describe(cache)));
    }
    let x = target;
    for (const [i, layer] of this.decoder.entries()) {
      x = (yield* innerSteps(layer, x, this.decoderOptions(options, i))) as Tensor;
    }
    return x as Tensor;
  }

  private *explainSteps(source: TensorLike, options: EncoderDecoderCallOptions) {
    if (!this.built) this.build(shapeOf('source', source), shapeOf('target', options.target));
    const encoderSequence = yield* this.encodeSteps(source, options.sourceMask);
    const decode = { ...options, encoderSequence };
    const layers = [];
    let x = options.target;
    for (const [i, layer] of this.decoder.entries()) {
      const [, cross] = yield* layer.explainSteps(x, this.decoderOptions(decode, i));
      layers.push({ ...cross!, name: `decoder_${i}/cross_attention` });
      x = (yield* innerSteps(layer, x, this.decoderOptions(decode, i))) as Tensor;
    }
    return layers;
  }
}

registerOwnLayer(EncoderDecoder);
