/**
 * The base of all trainable layers. Config, weights (names, shapes, initial values) and output shapes are those of the
 * inference layer of the same name, of which it holds one without weights; what it adds is TensorFlow.js.
 */
import { ArgumentError, expectation } from '../../errors.js';
import type { Layer } from '../../layers/layer.js';
import { inLayer } from '../../layers/layer_error.js';
import type { BuildConfig, NamedWeight } from '../../layers/layer_types.js';
import { tf, tfl } from '../tensorflow.js';
import { checkOptionNames, queryMaskOf, readFlags, type TrainableCallOptions } from './call_options.js';
import { dropoutMask } from './dropout.js';
import { type LayerOptions, namedConfig } from './layer_options.js';
import type { ReadWeight } from './project.js';

/** The inference layer of a trainable one. */
export type InferenceClass = {
  readonly className: string;
  new (config: never): Layer;
};

export type Inputs = tf.Tensor | tf.Tensor[];
export type Shapes = tfl.Shape | tfl.Shape[];

const listOf = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
export const shapeList = (shapes: Shapes): tfl.Shape[] =>
  Array.isArray(shapes[0]) ? (shapes as tfl.Shape[]) : [shapes as tfl.Shape];

export abstract class TrainableLayer extends tfl.layers.Layer {
  /**
   * Calls with dropout so far: with the seed they determine what the next one drops. Training that goes on from a
   * checkpoint sets it.
   */
  trainingCalls = 0;
  protected builtFor: BuildConfig | undefined;
  protected readonly own = new Map<string, tfl.LayerVariable>();
  /** Of symbolic calls: TensorFlow.js does not give them to the calls of a model. */
  protected symbolicOptions: TrainableCallOptions | undefined;
  private scoresReturned = false;

  protected constructor(
    /** The class that computes without TensorFlow.js. */
    readonly inferenceLayer: InferenceClass,
    { args, named }: LayerOptions,
  ) {
    super(args);
    this.named = named;
    this.supportsMasking = true;
  }

  private readonly named: LayerOptions['named'];

  /** The config of the inference layer that this one is. */
  abstract inferenceConfig(): object;

  /** The layer's work, within `tidy`. */
  protected abstract compute(
    inputs: readonly tf.Tensor[],
    options: TrainableCallOptions,
  ): tf.Tensor | tf.Tensor[];

  /** The shapes that the weights were made for; undefined before. */
  get buildShapes(): BuildConfig | undefined {
    return this.builtFor;
  }

  /** The weights by the names that the inference layer has for them. */
  get namedVariables(): ReadonlyMap<string, tfl.LayerVariable> {
    return this.own;
  }

  /** @param inputs query, [query, value] or [query, value, key], each [batch, length, features] */
  override apply(
    inputs: Inputs | tfl.SymbolicTensor | tfl.SymbolicTensor[],
    options: TrainableCallOptions = {},
  ): tf.Tensor | tf.Tensor[] | tfl.SymbolicTensor | tfl.SymbolicTensor[] {
    inLayer(this.inferenceLayer.className, () => {
      checkOptionNames(options ?? {});
      if (listOf<unknown>(inputs).every((input) => input instanceof tfl.SymbolicTensor)) {
        this.rememberOptions(options ?? {});
      }
    });
    return super.apply(inputs, options as never);
  }

  override call(inputs: Inputs, options: TrainableCallOptions = {}): tf.Tensor | tf.Tensor[] {
    return tf.tidy(() =>
      inLayer(this.inferenceLayer.className, () => {
        this.invokeCallHook(inputs, options as never);
        const result = this.compute(listOf(inputs), { ...options, ...this.symbolicOptions });
        this.scoresReturned = Array.isArray(result);
        return result;
      }),
    );
  }

  override computeMask(inputs: Inputs, mask?: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    const kept = queryMaskOf(listOf(inputs), mask) ?? null;
    // TensorFlow.js wants a mask, or null, for each output.
    return (this.scoresReturned ? [kept, null] : kept) as tf.Tensor | tf.Tensor[];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const config = { ...super.getConfig(), ...this.inferenceConfig(), name: this.name };
    const own = { frozen: !this.trainable, ...namedConfig(this.named) };
    return { ...config, ...own } as unknown as tf.serialization.ConfigDict;
  }

  /** Adds weights as variables that start from the values given. */
  protected addWeights(weights: readonly NamedWeight[]): void {
    for (const { name, tensor, trainable } of weights) {
      const kind = name.endsWith('/bias') ? 'bias' : 'kernel';
      const given = /\/(kernel|bias)$/.test(name) ? this.named : {};
      const initializer = { apply: () => tf.tensor(tensor.data, [...tensor.shape]) };
      const variable = this.addWeight(
        name,
        [...tensor.shape],
        'float32',
        initializer as never,
        given[`${kind}Regularizer`] as never,
        trainable,
        given[`${kind}Constraint`] as never,
      );
      this.own.set(name, variable);
    }
  }

  protected readonly read: ReadWeight = (name) => this.own.get(name)?.read();

  /** Factors of the next dropout. */
  protected nextDropout(size: number, rate: number, seed: number): Float32Array {
    return dropoutMask(size, rate, seed, this.trainingCalls++);
  }

  private rememberOptions(options: TrainableCallOptions): void {
    const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
    const mask = given.find(([name]) => /mask$/i.test(name) && name !== 'useCausalMask');
    if (mask) {
      const received = `${mask[0]} with symbolic inputs`;
      throw new ArgumentError(
        expectation('masks', 'calls with tensors, or Embedding({maskZero: true})', received),
      );
    }
    readFlags(options);
    const own = Object.fromEntries(given) as TrainableCallOptions;
    const [before, now] = [this.symbolicOptions ?? own, own].map((o) =>
      JSON.stringify(Object.entries(o).sort()),
    );
    if (before !== now) {
      throw new ArgumentError(
        expectation('options', `those of the layer's other symbolic calls, ${before}`, now!),
      );
    }
    this.symbolicOptions = own;
  }
}
