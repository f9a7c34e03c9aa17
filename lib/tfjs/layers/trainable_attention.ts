/** What all trainable attention layers share. */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { axesOf, checkAxes } from '../../layers/axes.js';
import { inLayer } from '../../layers/layer_error.js';
import type { BuildConfig } from '../../layers/layer_types.js';
import type { Mixing } from '../../layers/mixing.js';
import type { MixtureAttention } from '../../layers/mixture_attention.js';
import type { ProjectedOptions } from '../../layers/projected_attention.js';
import { type ScoreName, scoreDescriptor } from '../../layers/scores/registry.js';
import { checkSameShape } from '../../tensor/shape.js';
import { tf, type tfl } from '../tensorflow.js';
import type { AttentionCall } from './attention_call.js';
import { readFlags, readMasks, type TrainableCallOptions } from './call_options.js';
import { composedAttention } from './composed_attention.js';
import { fusedAttention, fusible } from './fused/fused_attention.js';
import { type Roles, withoutHidden } from './hidden_positions.js';
import { readLayerOptions } from './layer_options.js';
import { project } from './project.js';
import { SCORES } from './scores/index.js';
import { fromSequence, type TensorSequence, toSequence } from './sequence.js';
import { type Shapes, shapeList, TrainableLayer } from './trainable_layer.js';

/** Options of an inference layer, every default filled in. */
export interface AttentionOptions extends ProjectedOptions {
  maxLength?: number | null;
  trainable?: boolean;
  useGate?: boolean;
}

type AttentionClass = {
  readonly className: string;
  new (config: never): MixtureAttention;
};

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

export abstract class TrainableAttention extends TrainableLayer {
  /** As the inference layer's `getConfig` gives them. */
  readonly options: AttentionOptions;
  declare readonly inferenceLayer: AttentionClass;
  private readonly inference: MixtureAttention;

  /** @param ownTrainable whether `trainable` is an option of the inference layer */
  protected constructor(
    inferenceClass: AttentionClass,
    config: object,
    { ownTrainable = false }: { ownTrainable?: boolean } = {},
  ) {
    const given = readLayerOptions(inferenceClass.className, config, ownTrainable);
    super(inferenceClass, given);
    // Unlike an inference layer, which is given its weights, two that are to learn must not start as one.
    const { seed = Math.floor(Math.random() * 2 ** 31) } = given.rest;
    this.inference = new inferenceClass({ ...given.rest, seed, name: this.name } as never);
    // Plain JSON, whose arrays TensorFlow.js knows as such wherever they were made.
    this.options = JSON.parse(JSON.stringify(this.inference.getConfig())) as AttentionOptions;
  }

  /** The score functions of the layer, in the order of the mixture. */
  protected abstract scores(): readonly ScoreName[];

  protected mixing(): Mixing {
    return 'sum';
  }

  override inferenceConfig(): object {
    return this.options;
  }

  override build(inputShape: Shapes): void {
    inLayer(this.inferenceLayer.className, () => {
      const [query, value, key] = roles(this.inferenceLayer.className, shapeList(inputShape));
      const layer = new this.inferenceLayer(this.options as never);
      const shapes = { queryShape: query, valueShape: value, keyShape: key } as BuildConfig;
      layer.buildFrom(shapes);
      this.builtFor = shapes;
      this.addWeights(layer.weights);
    });
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shapes): Shapes {
    return inLayer(this.inferenceLayer.className, () => {
      const [query, value] = roles(this.inferenceLayer.className, shapeList(inputShape));
      // Unknown sizes, which are null, pass through.
      const output = this.inference.computeOutputShape(query as number[], value as number[]);
      return this.symbolicOptions?.returnAttentionScores ? [output, this.scoresShape(query, value)] : output;
    });
  }

  /** Of the softmax for inputs of these shapes. */
  scoresShape(query: tfl.Shape, value: tfl.Shape = query): tfl.Shape {
    const { numHeads, attentionAxes } = this.options;
    const axes = axesOf('query', query as number[], attentionAxes);
    const keys = axesOf('value', value as number[], attentionAxes).length;
    return [...axes.batch, numHeads, ...axes.length, ...keys];
  }

  protected override compute(
    inputs: readonly tf.Tensor[],
    options: TrainableCallOptions,
  ): tf.Tensor | tf.Tensor[] {
    const { useGate } = this.options;
    const { returnAttentionScores } = readFlags(options);
    const given = this.readRoles(inputs);
    const call = this.readCall(inputs, given, options);
    const { sizes } = call;
    const { heads } = sizes;
    const { query, key, value } = withoutHidden(call, given);
    const { read } = this;
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

  private readRoles(inputs: readonly tf.Tensor[]): Roles {
    const { attentionAxes } = this.options;
    const given = roles(this.inferenceLayer.className, inputs);
    const [query, value, key] = (['query', 'value', 'key'] as const).map((name, i) =>
      toSequence(name, given[i]!, attentionAxes),
    ) as [TensorSequence, TensorSequence, TensorSequence];
    checkAxes('value', value.axes, query.axes);
    checkAxes('key', key.axes, query.axes);
    checkSameShape('key length (as value)', key.axes.length, value.axes.length);
    this.checkReach(Math.max(query.length, key.length));
    this.checkFeatures(given);
    return { query, key, value };
  }

  private readCall(
    inputs: readonly tf.Tensor[],
    { query, key }: Roles,
    options: TrainableCallOptions,
  ): AttentionCall {
    const { numHeads: heads, slidingWindow, dropout, seed } = this.options;
    const { useCausalMask, training } = readFlags(options);
    const sizes = { batch: query.batch, heads, queries: query.length, keys: key.length };
    const pairs = sizes.batch * heads * sizes.queries * sizes.keys;
    return {
      sizes,
      scores: this.scores(),
      mask: readMasks(inputs, options, { query: query.axes, key: key.axes, heads }),
      causal: useCausalMask,
      slidingWindow,
      dropout: training && dropout > 0 ? this.nextDropout(pairs, dropout, seed) : null,
    };
  }

  private checkReach(longest: number): void {
    const { maxLength } = this.options;
    const unlimited = this.scores().every((name) => !scoreDescriptor(name).limited);
    if (unlimited || maxLength === undefined || maxLength === null || longest <= maxLength) return;
    throw new ShapeError(expectation('length', `at most ${maxLength} (maxLength)`, String(longest)));
  }

  /** The features that the weights were made for. */
  private checkFeatures(inputs: readonly tf.Tensor[]): void {
    const [query, value, key] = inputs.map(({ shape }) => shape.at(-1)!);
    const features = { query, value, key, gate: query, dense_1: query, factorized_dense_1: query };
    for (const [name, count] of Object.entries(features)) {
      const kernel = this.own.get(`${name}/kernel`);
      if (kernel && kernel.shape[0] !== count) {
        throw new ShapeError(expectation(`${name} input`, `${kernel.shape[0]} features`, describe(count)));
      }
    }
  }
}
