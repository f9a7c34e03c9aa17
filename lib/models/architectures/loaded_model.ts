/** What every architecture gives once its weights are loaded. */
import type { NativeProgram } from '../../native/program.js';
import type { EncoderDType } from '../types.js';

export interface LoadedModel {
  /** @throws DisposedError after `dispose` */
  readonly handle: NativeProgram;
  /** Frees native memory; jobs that run end first. */
  dispose(): void;
  /** Of the weights in memory. */
  dtype: EncoderDType;
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
