/** Layer classes by name, so that a stored configuration finds its class again. */
import { ArgumentError, describe, expectation } from '../errors.js';
import type { StoredLayer } from './layer_types.js';

export interface LayerClass<L extends StoredLayer = StoredLayer> {
  readonly className: string;
  new (config: never): L;
}

/** A layer as plain JSON: what `layerFromConfig` makes a new one of. */
export interface SerializedLayer {
  className: string;
  config: object;
}

/** More layers within layers than any configuration has: one that holds itself would never end. */
const DEEPEST = 16;
let depth = 0;

const classes = new Map<string, LayerClass>();

/** Makes a class known to `layerFromConfig` and `loadLayer`; a later class of the same name replaces it. */
export function registerLayer(layer: LayerClass): void {
  if (typeof layer !== 'function' || typeof layer.className !== 'string') {
    throw new ArgumentError(expectation('layer', 'a class with a className', describe(layer)));
  }
  classes.set(layer.className, layer);
}

export function serializeLayer(layer: StoredLayer): SerializedLayer {
  if (typeof layer?.className !== 'string' || typeof layer.getConfig !== 'function') {
    throw new ArgumentError(expectation('layer', 'a layer', describe(layer)));
  }
  return { className: layer.className, config: layer.getConfig() };
}

/**
 * A new layer, without weights, of a registered class.
 * @throws ArgumentError if the class is not known or its configuration is wrong
 */
export function layerFromConfig(serialized: SerializedLayer): StoredLayer {
  const { className, config } = (serialized ?? {}) as Partial<SerializedLayer>;
  const LayerOf = typeof className === 'string' ? classes.get(className) : undefined;
  if (LayerOf === undefined) {
    throw new ArgumentError(
      expectation('className', `one of ${[...classes.keys()].join(', ')}`, describe(className)),
    );
  }
  if (depth >= DEEPEST) {
    throw new ArgumentError(expectation(className!, `at most ${DEEPEST} layers within layers`, 'more'));
  }
  depth++;
  try {
    return new LayerOf(config as never);
  } finally {
    depth--;
  }
}
