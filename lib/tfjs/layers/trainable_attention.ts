/**
 * The one base of all trainable attention layers. Config, weights (names, shapes, initial values) and output shapes are
 * those of the inference layer of the same name, which it holds without weights; what it adds is TensorFlow.js.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { axesOf, checkAxes } from '../../layers/axes.js';
import type { BuildConfig } from '../../layers/layer.js';
import { inLayer } from '../../layers/layer_error.js';
import type { Mixing } from '../../layers/mixing.js';
import type { MixtureAttention } from '../../layers/mixture_attention.js';
import type { ProjectedOptions } from '../../layers/projected_attention.js';
import type { ScoreName } from '../../layers/scores/score_function.js';
import { checkSameShape } from '../../tensor/shape.js';
import { tf, tfl } from '../tensorflow.js';
import type { AttentionCall } from './attention_call.js';
import {
  checkOptionNames,
  queryMaskOf,
  readFlags,
  readMasks,
  type TrainableCallOptions,
} from './call_options.js';
import { composedAttention } from './composed_attention.js';
import { dropoutMask } from './dropout.js';
import { fusedAttention, fusible } from './fused/fused_attention.js';
import { type LayerOptions, namedConfig, readLayerOptions } from './layer_options.js';
import { project, type ReadWeight } from './project.js';
import { SCORES } from './scores/index.js';
import { fromSequence, toSequence } from './sequence.js';

/** Options of an inference layer, every default filled in. */
export interface AttentionOptions extends ProjectedOptions {
  maxLength?: number | null;
  trainable?: boolean;
  useGate?: boolean;
}

/** The inference layer of a trainable one. */
export type InferenceClass = {
  readonly className: string;
  new (config: never): MixtureAttention;
};

type Inputs = tf.Tensor | tf.Tensor[];
type Shapes = tfl.Shape | tfl.Shape[];

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);
const shapeList = (shapes: Shapes): tfl.Shape[] =>
  Array.isArray(shapes[0]) ? (shapes as tfl.Shape[]) : [shapes as tfl.Shape];

/** Query, value and key of one to three inputs. */
function roles<T>(layer: string, inputs: readonly T[]): [T, T, T] {
  const [query, value = query, key = value] = inputs;
  if (query === undefined || inputs.length > 3) {
    throw new ArgumentError(
      expectation(layer, 'query, [query, value] or [query, value, key]', `${inputs.length} inputs`),
    );
  }
  return [query, value!, key!];
}

export abstract class TrainableAttention extends tfl.layers.Layer {
  /** As the inference layer's `getConfig` gives them. */
  readonly options: AttentionOptions;
  /**
   * Calls with dropout so far: with the seed they determine what the next one drops. Training that goes on from a
   * checkpoint sets it.
   */
  trainingCalls = 0;
  private readonly inference: MixtureAttention;
  private builtFor: BuildConfig | undefined;
  private readonly named: LayerOptions['named'];
  private readonly variables = new Map<string, tfl.LayerVariable>();
  /** Of symbolic calls: TensorFlow.js does not give them to the calls of a model. */
  private symbolicOptions: TrainableCallOptions | undefined;
  private scoresReturned = false;

  /** @param ownTrainable whether `trainable` is an option of the inference layer */
  protected constructor(
    private readonly inferenceClass: InferenceClass,
    config: object,
    { ownTrainable = false }: { ownTrainable?: boolean } = {},
  ) {
    const { args, named, rest } = readLayerOptions(inferenceClass.className, config, ownTrainable);
    super(args);
    // Unlike an inference layer, which is given its weights, two that are to learn must not start as one.
    const { seed = Math.floor(Math.random() * 2 ** 31) } = rest;
    this.inference = new inferenceClass({ ...rest, seed, name: this.name } as never);
    // Plain JSON, whose arrays TensorFlow.js knows as such wherever they were made.
    this.options = JSON.parse(JSON.stringify(this.inference.getConfig())) as AttentionOptions;
    this.named = named;
    this.supportsMasking = true;
  }

  /** The score functions of the layer, in the order of the mixture. */
  protected abstract scores(): readonly ScoreName[];

  protected mixing(): Mixing {
    return 'sum';
  }

  /** The class that computes without TensorFlow.js. */
  get inferenceLayer(): InferenceClass {
    return this.inferenceClass;
  }

  override build(inputShape: Shapes): void {
    inLayer(this.inferenceClass.className, () => {
      const [query, value, key] = roles(this.inferenceClass.className, shapeList(inputShape));
      const layer = new this.inferenceClass(this.options as never);
      const shapes = { queryShape: query, valueShape: value, keyShape: key } as BuildConfig;
      layer.buildFrom(shapes);
      this.builtFor = shapes;
      for (const { name, tensor, trainable } of layer.weights) {
        const kind = name.endsWith('/bias') ? 'bias' : 'kernel';
        const given = name === 'mixing/logits' ? {} : this.named;
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
        this.variables.set(name, variable);
      }
    });
    super.build(inputShape);
  }

  /** The shapes that the weights were made for; undefined before. */
  get buildShapes(): BuildConfig | undefined {
    return this.builtFor;
  }

  /** The weights by the names that the inference layer has for them, in its order. */
  get namedVariables(): ReadonlyMap<string, tfl.LayerVariable> {
    return this.variables;
  }

  /** @param inputs query, [query, value] or [query, value, key], each [batch, length, features] */
  override apply(
    inputs: Inputs | tfl.SymbolicTensor | tfl.SymbolicTensor[],
    options: TrainableCallOptions = {},
  ): tf.Tensor | tf.Tensor[] | tfl.SymbolicTensor | tfl.SymbolicTensor[] {
    inLayer(this.inferenceClass.className, () => {
      checkOptionNames(options ?? {});
      if (list<unknown>(inputs).every((input) => input instanceof tfl.SymbolicTensor)) {
        this.rememberOptions(options ?? {});
      }
    });
    return super.apply(inputs, options as never);
  }

  override call(inputs: Inputs, options: TrainableCallOptions = {}): tf.Tensor | tf.Tensor[] {
    return tf.tidy(() =>
      inLayer(this.inferenceClass.className, () => {
        this.invokeCallHook(inputs, options as never);
        const result = this.attend(list(inputs), { ...options, ...this.symbolicOptions });
        this.scoresReturned = Array.isArray(result);
        return result;
      }),
    );
  }

  override computeOutputShape(inputShape: Shapes): Shapes {
    return inLayer(this.inferenceClass.className, () => {
      const [query, value] = roles(this.inferenceClass.className, shapeList(inputShape));
      // Unknown sizes, which are null, pass through.
      const output = this.inference.computeOutputShape(query as number[], value as number[]);
      if (!this.symbolicOptions?.returnAttentionScores) return output;
      const { numHeads, attentionAxes } = this.options;
      const axes = axesOf('query', query as number[], attentionAxes);
      const keys = axesOf('value', value as number[], attentionAxes).length;
      return [output, [...axes.batch, numHeads, ...axes.length, ...keys]];
    });
  }

  override computeMask(inputs: Inputs, mask?: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
    const kept = queryMaskOf(list(inputs), mask) ?? null;
    // TensorFlow.js wants a mask, or null, for each output.
    return (this.scoresReturned ? [kept, null] : kept) as tf.Tensor | tf.Tensor[];
  }

  override getConfig(): tf.serialization.ConfigDict {
    const base = super.getConfig();
    const config = { ...base, ...this.options, name: this.name, frozen: !this.trainable };
    return { ...config, ...namedConfig(this.named) } as unknown as tf.serialization.ConfigDict;
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

  private attend(inputs: readonly tf.Tensor[], options: TrainableCallOptions): tf.Tensor | tf.Tensor[] {
    const { attentionAxes, numHeads: heads, slidingWindow, dropout, useGate } = this.options;
    const { useCausalMask, returnAttentionScores, training } = readFlags(options);
    const given = roles(this.inferenceClass.className, inputs);
    const [query, value, key] = given.map((x, i) =>
      toSequence(['query', 'value', 'key'][i]!, x, attentionAxes),
    ) as [ReturnType<typeof toSequence>, ReturnType<typeof toSequence>, ReturnType<typeof toSequence>];
    checkAxes('value', value.axes, query.axes);
    checkAxes('key', key.axes, query.axes);
    checkSameShape('key length (as value)', key.axes.length, value.axes.length);
    this.checkReach(Math.max(query.length, key.length));
    this.checkFeatures(given);
    const sizes = { batch: query.batch, heads, queries: query.length, keys: key.length };
    const read: ReadWeight = (name) => this.variables.get(name)?.read();
    const drops = training && dropout > 0;
    const call: AttentionCall = {
      sizes,
      scores: this.scores(),
      mask: readMasks(inputs, options, { query: query.axes, key: key.axes, heads }),
      causal: useCausalMask,
      slidingWindow,
      dropout: drops ? this.nextDropout(sizes.batch * heads * sizes.queries * sizes.keys) : null,
    };
    const learned = this.mixing() === 'learned' && call.scores.length > 1;
    const tensors = {
      value: tf.reshape(project(value.rows, read, 'value'), [value.batch, value.length, -1]) as tf.Tensor3D,
      operands: call.scores.map((name) => SCORES[name].operands({ query, key, sizes, read })),
      mix: learned ? (tf.softmax(read('mixing/logits')!) as tf.Tensor1D) : undefined,
    };
    const fused = !returnAttentionScores && fusible(call);
    const { context, weights } = (fused ? fusedAttention : composedAttention)(call, tensors);
    const rows = tf.reshape(context, [query.batch * query.length, -1]);
    const gated = useGate ? tf.mul(rows, tf.sigmoid(project(query.rows, read, 'gate'))) : rows;
    const tail = this.options.outputShape ?? [query.features];
    const output = fromSequence(project(gated, read, 'attention_output', { inputAxes: 2 }), query.axes, tail);
    if (!returnAttentionScores) return output;
    const scores = tf.reshape(weights!, [
      ...query.axes.batch,
      heads,
      ...query.axes.length,
      ...key.axes.length,
    ]);
    return [output, scores];
  }

  private nextDropout(size: number): Float32Array {
    const { dropout, seed } = this.options;
    return dropoutMask(size, dropout, seed, this.trainingCalls++);
  }

  private checkReach(longest: number): void {
    const { maxLength } = this.options;
    const unlimited = this.scores().every((name) => name === 'dot-product');
    if (unlimited || maxLength === undefined || maxLength === null || longest <= maxLength) return;
    throw new ShapeError(expectation('length', `at most ${maxLength} (maxLength)`, String(longest)));
  }

  /** The features that the weights were made for. */
  private checkFeatures(inputs: readonly tf.Tensor[]): void {
    const [query, value, key] = inputs.map(({ shape }) => shape.at(-1)!);
    const features = { query, value, key, gate: query, dense_1: query, factorized_dense_1: query };
    for (const [name, count] of Object.entries(features)) {
      const kernel = this.variables.get(`${name}/kernel`);
      if (kernel && kernel.shape[0] !== count) {
        throw new ShapeError(expectation(`${name} input`, `${kernel.shape[0]} features`, describe(count)));
      }
    }
  }
}
