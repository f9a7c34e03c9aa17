import { ArgumentError, describe, expectation } from '../../errors.js';
import { inLayer } from '../../layers/layer_error.js';
import type { BuildConfig } from '../../layers/layer_types.js';
import type { SerializedLayer } from '../../layers/registry.js';
import type { TransformerConfig, TransformerOptions } from '../../layers/transformer_block.js';
import { TransformerEncoderLayer as Inference } from '../../layers/transformer_encoder_layer.js';
import { tf, type tfl } from '../tensorflow.js';
import { queryMaskOf, readFlags, type TrainableCallOptions } from './call_options.js';
import { activate, layerNorm } from './functions.js';
import { readLayerOptions, type TrainableLayerConfig } from './layer_options.js';
import { project } from './project.js';
import { registerTrainable, trainableClass } from './registry.js';
import { TrainableAttention } from './trainable_attention.js';
import { type Shapes, shapeList, TrainableLayer } from './trainable_layer.js';

export interface TransformerEncoderLayerConfig extends TransformerConfig, TrainableLayerConfig {
  /** A trainable attention layer whose output has the features of its query, or the serialized form of one. */
  attention: TrainableAttention | SerializedLayer;
  /** Of what each sublayer adds, while training. */
  dropout?: number;
  /** Whether the layer is trained, default true. */
  trainable?: boolean;
}

const PREFIX = 'self_attention';

function readAttention(value: unknown): TrainableAttention {
  const { className, config } = (value ?? {}) as Partial<SerializedLayer>;
  const layer =
    value instanceof TrainableAttention || className === undefined
      ? value
      : new (trainableClass('attention', className))(config as never);
  if (!(layer instanceof TrainableAttention)) {
    throw new ArgumentError(expectation('attention', 'a trainable attention layer', describe(value)));
  }
  return layer;
}

/**
 * One layer of a transformer's encoder around any trainable attention: what the inference layer of this name computes.
 * The mask that comes with its input says which positions may be attended; every position attends.
 */
export class TransformerEncoderLayer extends TrainableLayer {
  static readonly className = 'SyntheticTransformerEncoderLayer';
  declare readonly inferenceLayer: typeof Inference;
  readonly attention: TrainableAttention;
  /** As the inference layer's `getConfig` gives them, without the attention. */
  readonly options: TransformerOptions;

  constructor(config: TransformerEncoderLayerConfig) {
    const given = readLayerOptions(Inference.className, config, false);
    super(Inference, given);
    const { seed = Math.floor(Math.random() * 2 ** 31) } = given.rest;
    const attention = inLayer(Inference.className, () => readAttention(given.rest.attention));
    const whole = { ...given.rest, attention: inferenceForm(attention), seed, name: this.name };
    const { attention: _, ...options } = new Inference(whole as never).getConfig();
    this.attention = attention;
    this.options = options as TransformerOptions;
  }

  override inferenceConfig(): object {
    return { ...this.options, attention: inferenceForm(this.attention) };
  }

  override get namedVariables(): ReadonlyMap<string, tfl.LayerVariable> {
    const below = [...this.attention.namedVariables].map(([name, w]) => [`${PREFIX}/${name}`, w] as const);
    return new Map([...below, ...this.own]);
  }

  override get trainableWeights(): tfl.LayerVariable[] {
    return this.trainable ? [...this.attention.trainableWeights, ...super.trainableWeights] : [];
  }

  override set trainableWeights(weights: tfl.LayerVariable[]) {
    super.trainableWeights = weights;
  }

  override get nonTrainableWeights(): tfl.LayerVariable[] {
    const { attention, trainable } = this;
    return [...(trainable ? attention.nonTrainableWeights : attention.weights), ...super.nonTrainableWeights];
  }

  override set nonTrainableWeights(weights: tfl.LayerVariable[]) {
    super.nonTrainableWeights = weights;
  }

  override build(inputShape: Shapes): void {
    inLayer(Inference.className, () => {
      const query = this.onlyInput(shapeList(inputShape));
      const layer = new Inference(this.inferenceConfig() as never);
      const shapes = { queryShape: query, valueShape: query, keyShape: query } as BuildConfig;
      layer.buildFrom(shapes);
      this.builtFor = shapes;
      this.addWeights(layer.weights.filter(({ name }) => !name.startsWith(`${PREFIX}/`)));
      if (!this.attention.built) this.attention.build(query);
      this.addLoss(this.attention.losses as never);
    });
    super.build(inputShape);
  }

  override computeOutputShape(inputShape: Shapes): Shapes {
    const query = inLayer(Inference.className, () => this.onlyInput(shapeList(inputShape)));
    return this.symbolicOptions?.returnAttentionScores ? [query, this.attention.scoresShape(query)] : query;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const attention = { className: this.attention.getClassName(), config: this.attention.getConfig() };
    return { ...super.getConfig(), attention } as tf.serialization.ConfigDict;
  }

  protected override compute(
    inputs: readonly tf.Tensor[],
    options: TrainableCallOptions,
  ): tf.Tensor | tf.Tensor[] {
    const query = this.onlyInput(inputs);
    const { mask, ...rest } = options;
    const valueMask = rest.valueMask ?? queryMaskOf(inputs, mask) ?? null;
    const { training } = readFlags(options);
    let scores: tf.Tensor | undefined;
    const attend = (x: tf.Tensor): tf.Tensor => {
      // A tensor of its own: the mask that TensorFlow.js keeps with the input would hold back queries too.
      const result = this.attention.call(tf.clone(x), { ...rest, valueMask });
      if (!Array.isArray(result)) return result;
      scores = result[1];
      return result[0]!;
    };
    const attended = this.residual('self_attention_layer_norm', query, training, attend);
    const output = this.residual('feedforward_layer_norm', attended, training, (x) => this.feedForward(x));
    return scores ? [output, scores] : output;
  }

  private onlyInput<T>(inputs: readonly T[]): T {
    if (inputs.length !== 1)
      throw new ArgumentError(expectation('inputs', 'one', `${inputs.length} of them`));
    return inputs[0]!;
  }

  /** One sublayer with its residual connection, normalised before or after. */
  private residual(
    norm: string,
    x: tf.Tensor,
    training: boolean,
    run: (input: tf.Tensor) => tf.Tensor,
  ): tf.Tensor {
    const { normalizeFirst, layerNormEpsilon, dropout, seed } = this.options;
    const normalized = (y: tf.Tensor): tf.Tensor =>
      layerNorm(y, this.read(`${norm}/gamma`)!, this.read(`${norm}/beta`)!, layerNormEpsilon);
    const added = run(normalizeFirst ? normalized(x) : x);
    const dropped =
      training && dropout > 0
        ? tf.mul(added, tf.tensor(this.nextDropout(added.size, dropout, seed), added.shape))
        : added;
    const sum = tf.add(x, dropped);
    return normalizeFirst ? sum : normalized(sum);
  }

  private feedForward(x: tf.Tensor): tf.Tensor {
    const hidden = activate(this.options.activation, project(x, this.read, 'feedforward_intermediate_dense'));
    return tf.reshape(project(hidden, this.read, 'feedforward_output_dense'), x.shape);
  }
}

function inferenceForm(attention: TrainableAttention): SerializedLayer {
  return {
    className: attention.inferenceLayer.className,
    config: { ...attention.inferenceConfig(), name: attention.name },
  };
}

registerTrainable(TransformerEncoderLayer, Inference.className);
