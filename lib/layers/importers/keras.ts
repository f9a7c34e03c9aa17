/** Keras 3: a layer's get_config() and its weights. */
import { ArgumentError, describe, expectation, ShapeError } from '../../errors.js';
import { checkOptions, optionNames } from '../../options.js';
import { checkTensor, Tensor, type TensorLike } from '../../tensor/tensor.js';
import type { Layer } from '../layer.js';
import { inLayer } from '../layer_error.js';
import { withWeights } from './named_tensors.js';

export interface KerasLayer {
  /** What `layer.get_config()` gives: Python's names. */
  config: Readonly<Record<string, unknown>>;
  /** In the order of `layer.get_weights()`, or by path with or without the layer's name. */
  weights: readonly TensorLike[] | Readonly<Record<string, TensorLike>>;
}

/** Options that say how weights start, how they are trained or how Keras computes: the result is the same. */
const WITHOUT_EFFECT = new Set([
  'trainable',
  'dtype',
  'flash_attention',
  'seed',
  ...['kernel', 'bias', 'activity'].flatMap((of) =>
    ['initializer', 'regularizer', 'constraint'].map((what) => `${of}_${what}`),
  ),
]);

const SOURCE = optionNames<keyof KerasLayer>()('config', 'weights');

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Keras' options in our names. */
function configFromKeras(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw new ArgumentError(expectation('config', 'what get_config() gives', describe(config)));
  }
  const kept = Object.entries(config).filter(([name, value]) => !WITHOUT_EFFECT.has(name) && value !== null);
  return Object.fromEntries(kept.map(([name, value]) => [camelCase(name), value]));
}

/** The given weights by the layer's names for them. */
function named(names: readonly string[], weights: KerasLayer['weights']): Record<string, Tensor> {
  if (typeof weights !== 'object' || weights === null) {
    throw new ArgumentError(expectation('weights', 'what get_weights() gives', describe(weights)));
  }
  const list = Array.isArray(weights) ? (weights as readonly TensorLike[]) : undefined;
  if (list !== undefined && list.length !== names.length) {
    throw new ShapeError(
      expectation('weights', `${names.length} tensors (${names.join(', ')})`, `${list.length}`),
    );
  }
  const entries: [string, TensorLike][] = list
    ? names.map((name, i) => [name, list[i]!])
    : Object.entries(weights as Record<string, TensorLike>).map(([path, value]) => [
        names.find((name) => path === name || path.endsWith(`/${name}`)) ?? path,
        value,
      ]);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const { data, shape } = checkTensor(name, value);
      return [name, new Tensor(data, shape)];
    }),
  );
}

export function fromKeras<L extends Layer>(
  LayerOf: { new (config: never): L; readonly className: string },
  source: KerasLayer,
): L {
  const where = `${LayerOf.className}.fromKeras`;
  return inLayer(where, () => {
    checkOptions(where, SOURCE, source ?? null);
    const { config, weights } = source;
    const layer = new LayerOf(configFromKeras(config) as never);
    // Any features do to learn the names and their order.
    layer.build([1]);
    const names = layer.weights.map(({ name }) => name);
    return withWeights(layer, named(names, weights));
  });
}
