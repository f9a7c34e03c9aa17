/** What a config says to TensorFlow.js, apart from what it says to the inference layer. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import { type tf, tfl } from '../tensorflow.js';
import { type Deserialized, readNamed, type Serialized, serialized } from './named_objects.js';

type LayerArgs = ConstructorParameters<typeof tfl.layers.Layer>[0] & object;
type Regularizer = ReturnType<typeof tfl.regularizers.l2>;
type Constraint = ReturnType<typeof tfl.constraints.nonNeg>;

export interface TrainableLayerConfig {
  /** Shape of the input without the batch, for the first layer of a model. */
  inputShape?: tfl.Shape;
  batchInputShape?: tfl.Shape;
  batchSize?: number;
  /** Only 'float32'. */
  dtype?: tf.DataType;
  inputDType?: tf.DataType;
  /** Initial values, in the order of `getWeights`. */
  weights?: tf.Tensor[];
  /** Whether no weight of the layer is trained, as its property `trainable` says the other way round. */
  frozen?: boolean;
  kernelRegularizer?: Regularizer | string | Serialized | null;
  biasRegularizer?: Regularizer | string | Serialized | null;
  kernelConstraint?: Constraint | string | Serialized | null;
  biasConstraint?: Constraint | string | Serialized | null;
}

const ARGS = ['inputShape', 'batchInputShape', 'batchSize', 'inputDType', 'weights', 'name'] as const;
const NAMED = ['kernelRegularizer', 'biasRegularizer', 'kernelConstraint', 'biasConstraint'] as const;

export interface LayerOptions {
  args: LayerArgs;
  /** By the names of `NAMED`. */
  named: Partial<Record<(typeof NAMED)[number], Deserialized>>;
  /** Everything else: the inference layer's. */
  rest: Record<string, unknown>;
}

/**
 * @param ownTrainable whether `trainable` is an option of the inference layer, of its random scores; else it is
 *   TensorFlow.js' own
 */
export function readLayerOptions(layer: string, config: unknown, ownTrainable: boolean): LayerOptions {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ArgumentError(expectation(layer, 'an object of options', describe(config)));
  }
  const rest: Record<string, unknown> = { ...config };
  const taken = (name: string): unknown => {
    const value = rest[name];
    delete rest[name];
    return value;
  };
  const args: Record<string, unknown> = {};
  for (const name of ARGS) {
    const value = taken(name);
    if (value !== undefined && value !== null) args[name] = value;
  }
  // Added by the loader of models, for layers that are made of layers.
  taken('customObjects');
  const dtype = taken('dtype') ?? 'float32';
  if (dtype !== 'float32')
    throw new ArgumentError(expectation(`${layer}.dtype`, "'float32'", describe(dtype)));
  args.dtype = dtype;
  const frozen = taken('frozen') ?? (ownTrainable ? false : taken('trainable') === false);
  if (typeof frozen !== 'boolean') {
    throw new ArgumentError(expectation(`${layer}.frozen`, 'true or false', describe(frozen)));
  }
  if (!ownTrainable) delete rest.trainable;
  args.trainable = !frozen;
  const named: LayerOptions['named'] = {};
  for (const name of NAMED) {
    const value = taken(name);
    const kind = name.endsWith('Regularizer') ? tfl.regularizers : tfl.constraints;
    if (value !== undefined && value !== null) {
      named[name] = readNamed(
        `${layer}.${name}`,
        kind as unknown as Record<string, () => Deserialized>,
        value,
      );
    }
  }
  return { args: args as LayerArgs, named, rest };
}

/** The part of a config that `readLayerOptions` read as `named`. */
export function namedConfig(named: LayerOptions['named']): Record<string, Serialized | null> {
  return Object.fromEntries(NAMED.map((name) => [name, named[name] ? serialized(named[name]) : null]));
}
