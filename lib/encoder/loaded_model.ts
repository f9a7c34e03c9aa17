/** What every architecture gives once its weights are loaded. */
import type { NativeBertModel } from '../native/addon.js';

export interface LoadedModel {
  handle: NativeBertModel;
  /** Length of a hidden state. */
  dimensions: number;
  /** Longest sequence in tokens. */
  positions: number;
  layers: number;
  /** Of each layer. */
  heads: number;
  /** Class of the layer that its attention is. */
  kind: string;
}
