/** What every architecture gives once its weights are loaded. */
import type { NativeTransformer } from '../native/addon.js';

export interface LoadedModel {
  handle: NativeTransformer;
  /** Length of a hidden state. */
  dimensions: number;
  /** Token ids are below it. */
  vocabulary: number;
  /** Longest sequence in tokens. */
  positions: number;
  /** Layers as they are applied. */
  layers: number;
  /** Of each layer. */
  heads: number;
  /** Class of the layer that the attention of each applied layer is. */
  kinds: readonly string[];
}
