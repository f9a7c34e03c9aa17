/** What transformer layers are made of beside attention: layer normalisation and the feed-forward network. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { batchedSteps } from '../kernels/batched.js';
import { layerNormSteps } from '../kernels/rows.js';
import type { Steps } from '../kernels/run.js';
import { Scratch } from '../kernels/scratch.js';
import { checkFeatureShape, checkSameShape, type Shape, shapeText } from '../tensor/shape.js';
import { shapeOf, type Tensor, type TensorLike } from '../tensor/tensor.js';
import { CallableLayer } from './callable_layer.js';
import {
  type CommonConfig,
  commonReaders,
  flag,
  oneOf,
  positive,
  positiveNumberOr,
  type Reader,
  type ReadersOf,
  rate,
} from './config.js';
import { inLayer } from './layer_error.js';
import type { LayerConfig, WeightMap, WeightSpec } from './layer_types.js';
import { MixtureAttention } from './mixture_attention.js';
import { isOwnLayer } from './own_layers.js';
import { Projection, projectionSpecs } from './projection.js';
import { layerFromConfig, type SerializedLayer } from './registry.js';

/** 'gelu' is the exact (erf) form. */
export type FeedForwardActivation = 'relu' | 'gelu' | 'geluTanh';

export interface TransformerConfig extends LayerConfig {
  /** Features of the feed-forward network's hidden layer. */
  intermediateDim: number;
  /** Default 'relu', as in KerasHub and PyTorch. */
  activation?: FeedForwardActivation;
  /** Normalise the input of each sublayer (pre-norm) instead of its sum with the input (post-norm, default). */
  normalizeFirst?: boolean;
  /** Added to the variance, default 1e-5. */
  layerNormEpsilon?: number;
  /** Kept for the config's sake: layers here infer. */
  dropout?: number;
}

/** The same with every default filled in. */
export interface TransformerOptions extends CommonConfig {
  intermediateDim: number;
  activation: FeedForwardActivation;
  normalizeFirst: boolean;
  layerNormEpsilon: number;
  dropout: number;
}

export const transformerReaders = (name: string): ReadersOf<TransformerOptions> => ({
  ...commonReaders(name),
  intermediateDim: positive,
  activation: oneOf<FeedForwardActivation>(['relu', 'gelu', 'geluTanh'], 'relu'),
  normalizeFirst: flag(false),
  layerNormEpsilon: positiveNumberOr(1e-5),
  dropout: rate,
});

/** An attention layer, or its serialized form. */
export const attentionLayer: Reader<MixtureAttention> = (value, name) => {
  const plain = typeof value === 'object' && value !== null && 'className' in value && 'config' in value;
  const layer =
    plain && !(value instanceof MixtureAttention) ? layerFromConfig(value as SerializedLayer) : value;
  if (!(layer instanceof MixtureAttention)) {
    throw new ArgumentError(expectation(name, 'an attention layer', describe(value)));
  }
  return layer;
};

const NORM = ['gamma', 'beta'] as const;

interface Prepared {
  up: Projection;
  down: Projection;
}

export abstract class TransformerBlock<
  Options extends object,
  WithScores extends Options,
> extends CallableLayer<Options, WithScores> {
  private prepared: Prepared | undefined;

  /** @param norms names of the normalisations, in the order of their weights; the feed-forward's comes last */
  protected constructor(
    protected readonly options: TransformerOptions,
    private readonly norms: readonly string[],
  ) {
    super(options);
  }

  override prepare(): void {
    for (const [, layer] of this.sublayers()) layer.prepare();
    this.requirePrepared();
  }

  override computeOutputShape(queryShape: Shape): number[] {
    return [...inLayer(this.className, () => checkFeatureShape('query', queryShape))];
  }

  protected override weightSpecs({ queryShape }: { queryShape: Shape }): WeightSpec[] {
    const features = queryShape.at(-1)!;
    const norm = (name: string): WeightSpec[] =>
      NORM.map((part) => ({
        name: `${name}/${part}`,
        shape: [features],
        initializer: part === 'gamma' ? 'ones' : 'zeros',
      }));
    const { intermediateDim } = this.options;
    return [
      ...this.norms.flatMap(norm),
      ...projectionSpecs('feedforward_intermediate_dense', [features], [intermediateDim], true),
      ...projectionSpecs('feedforward_output_dense', [intermediateDim], [features], true),
      ...norm('feedforward_layer_norm'),
    ];
  }

  protected override invalidate(): void {
    for (const projection of Object.values(this.prepared ?? {})) this.free(projection);
    this.prepared = undefined;
  }

  protected checkInput(query: TensorLike, built: Shape): void {
    checkSameShape('query features', shapeOf('query', query).slice(-1), built.slice(-1));
  }

  /** A sum needs two of a kind: the attention's output must have the shape of its query. */
  protected checkOutput(name: string, attention: MixtureAttention, shape: Shape, valueShape: Shape): void {
    const output = attention.computeOutputShape(shape, valueShape);
    if (output.length !== shape.length || output.at(-1) !== shape.at(-1)) {
      throw new ShapeError(
        expectation(name, `an attention layer with output ${shapeText(shape)}`, shapeText(output)),
      );
    }
  }

  /**
   * The steps of a whole call: as one native operation where that can carry each sequence through all of them.
   * @param sequences how many sequences the batch has for each attention, undefined where one of them cannot
   */
  protected *together<T>(sequences: readonly (number | undefined)[], steps: Steps<T>): Steps<T> {
    const [batch] = sequences;
    const apart = batch !== undefined && sequences.every((count) => count === batch) && isOwnLayer(this);
    return apart ? yield* batchedSteps(batch, steps) : yield* steps;
  }

  /**
   * One sublayer with its residual connection, normalised before or after.
   * @param run the sublayer; adds `residual` to its output
   */
  protected *residual<T>(
    norm: string,
    x: TensorLike,
    run: (input: TensorLike, residual: TensorLike) => Steps<readonly [Tensor, T]>,
  ): Steps<readonly [Tensor, T]> {
    if (this.options.normalizeFirst) return yield* run(yield* this.normalized(norm, x), x);
    const [sum, rest] = yield* run(x, x);
    return [yield* this.normalized(norm, sum, sum), rest];
  }

  protected *feedForward(x: TensorLike): Steps<Tensor> {
    const { up, down } = this.requirePrepared();
    const { activation } = this.options;
    const network = function* (input: TensorLike, residual: TensorLike): Steps<readonly [Tensor, null]> {
      const scratch = new Scratch();
      try {
        const hidden = yield* up.steps(input, { activation }, scratch);
        return [yield* down.steps(hidden, { residual }), null];
      } finally {
        scratch.release();
      }
    };
    const [output] = yield* this.residual('feedforward_layer_norm', x, network);
    return output;
  }

  /** @param out where to write, a new tensor by default */
  protected *normalized(norm: string, x: TensorLike, out?: Tensor): Steps<Tensor> {
    const weights: WeightMap = this.requireWeights();
    return yield* layerNormSteps(x, {
      gamma: weights.get(`${norm}/gamma`)!,
      beta: weights.get(`${norm}/beta`)!,
      epsilon: this.options.layerNormEpsilon,
      ...(out ? { out } : {}),
    });
  }

  private requirePrepared(): Prepared {
    const weights = this.requireWeights();
    this.prepared ??= {
      up: new Projection(weights, 'feedforward_intermediate_dense', 1),
      down: new Projection(weights, 'feedforward_output_dense', 1),
    };
    return this.prepared;
  }
}
