/** Attention layers with Keras' names. */
export { AdditiveAttention, type AdditiveAttentionConfig } from './additive_attention.js';
export { Attention, type AttentionConfig, type ScoreMode } from './attention.js';
export { AttentionCache } from './attention_cache.js';
export type { AttentionCallOptions, ExplainOptions } from './attention_options.js';
export { DecoderCache } from './decoder_cache.js';
export { DenseSynthesizer, type DenseSynthesizerConfig } from './dense_synthesizer.js';
export {
  type DecodeOptions,
  EncoderDecoder,
  type EncoderDecoderCallOptions,
  type EncoderDecoderConfig,
} from './encoder_decoder.js';
export {
  FactorizedDenseSynthesizer,
  type FactorizedDenseSynthesizerConfig,
} from './factorized_dense_synthesizer.js';
export {
  FactorizedRandomSynthesizer,
  type FactorizedRandomSynthesizerConfig,
} from './factorized_random_synthesizer.js';
export { GroupedQueryAttention, type GroupedQueryAttentionConfig } from './grouped_query_attention.js';
export type { KerasLayer } from './importers/keras.js';
export { type FlaxParams, fromLongRangeArena } from './importers/long_range_arena.js';
export {
  fromMeshTensorflow,
  type MeshTensorflowMode,
  type MeshTensorflowOptions,
} from './importers/mesh_tensorflow.js';
export {
  masksFromTorch,
  type TorchAttentionOptions,
  type TorchMasks,
  type TorchState,
} from './importers/torch.js';
export type { TorchTransformerOptions } from './importers/torch_transformer.js';
export { Layer } from './layer.js';
export type { BuildConfig, LayerConfig, NamedWeight } from './layer_types.js';
export type { AttentionMasks } from './masks.js';
export type { Mixing } from './mixing.js';
export { MixtureAttention } from './mixture_attention.js';
export { MixtureSynthesizer, type MixtureSynthesizerConfig } from './mixture_synthesizer.js';
export { MultiHeadAttention, type MultiHeadAttentionConfig } from './multi_head_attention.js';
export type { PlainAttentionConfig } from './plain_attention.js';
export type { ProjectedAttentionConfig } from './projected_attention.js';
export { RandomSynthesizer, type RandomSynthesizerConfig } from './random_synthesizer.js';
export { registerLayer, type SerializedLayer, serializeLayer } from './registry.js';
export { layerFromConfig } from './restored.js';
export type { ScoreName } from './scores/registry.js';
export { SelfAttention, type SelfAttentionConfig } from './self_attention.js';
export { loadSafetensors } from './state.js';
export type { FeedForwardActivation, TransformerConfig } from './transformer_block.js';
export {
  type TransformerDecoderCallOptions,
  TransformerDecoderLayer,
  type TransformerDecoderLayerConfig,
} from './transformer_decoder_layer.js';
export {
  type TransformerEncoderCallOptions,
  TransformerEncoderLayer,
  type TransformerEncoderLayerConfig,
} from './transformer_encoder_layer.js';
