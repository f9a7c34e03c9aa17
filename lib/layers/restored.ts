/** `layerFromConfig` of registry.ts, by the class that all layers have. */
import type { Layer } from './layer.js';
import { layerFromConfig as fromConfig, type SerializedLayer } from './registry.js';

/**
 * A new layer, without weights, of a registered class.
 * @throws ArgumentError if the class is not known or its configuration is wrong
 */
export function layerFromConfig(serialized: SerializedLayer): Layer {
  return fromConfig(serialized) as Layer;
}
