/** Layers of this package that learn, for TensorFlow.js models. */
import { DenseSynthesizer, type DenseSynthesizerConfig } from './dense_synthesizer.js';
import {
  FactorizedDenseSynthesizer,
  type FactorizedDenseSynthesizerConfig,
} from './factorized_dense_synthesizer.js';
import {
  FactorizedRandomSynthesizer,
  type FactorizedRandomSynthesizerConfig,
} from './factorized_random_synthesizer.js';
import { MixtureSynthesizer, type MixtureSynthesizerConfig } from './mixture_synthesizer.js';
import { MultiHeadAttention, type MultiHeadAttentionConfig } from './multi_head_attention.js';
import { RandomSynthesizer, type RandomSynthesizerConfig } from './random_synthesizer.js';
import { TransformerEncoderLayer, type TransformerEncoderLayerConfig } from './transformer_encoder_layer.js';

export type { TrainableCallOptions } from './call_options.js';
export { fromInference, type InferenceOf, inferenceLayers, toInference } from './convert.js';
export type { TrainableLayerConfig } from './layer_options.js';
export { TrainableAttention } from './trainable_attention.js';
export { TrainableLayer } from './trainable_layer.js';
export {
  DenseSynthesizer,
  type DenseSynthesizerConfig,
  FactorizedDenseSynthesizer,
  type FactorizedDenseSynthesizerConfig,
  FactorizedRandomSynthesizer,
  type FactorizedRandomSynthesizerConfig,
  MixtureSynthesizer,
  type MixtureSynthesizerConfig,
  MultiHeadAttention,
  type MultiHeadAttentionConfig,
  RandomSynthesizer,
  type RandomSynthesizerConfig,
  TransformerEncoderLayer,
  type TransformerEncoderLayerConfig,
};

// As tf.layers makes its layers.
export const multiHeadAttention = (config: MultiHeadAttentionConfig) => new MultiHeadAttention(config);
export const randomSynthesizer = (config: RandomSynthesizerConfig) => new RandomSynthesizer(config);
export const factorizedRandomSynthesizer = (config: FactorizedRandomSynthesizerConfig) =>
  new FactorizedRandomSynthesizer(config);
export const denseSynthesizer = (config: DenseSynthesizerConfig) => new DenseSynthesizer(config);
export const factorizedDenseSynthesizer = (config: FactorizedDenseSynthesizerConfig) =>
  new FactorizedDenseSynthesizer(config);
export const mixtureSynthesizer = (config: MixtureSynthesizerConfig) => new MixtureSynthesizer(config);
export const transformerEncoderLayer = (config: TransformerEncoderLayerConfig) =>
  new TransformerEncoderLayer(config);
