/** Attention layers with Keras' names. */
export { DenseSynthesizer, type DenseSynthesizerConfig } from './dense_synthesizer.js';
export { Layer, type LayerConfig, type NamedWeight } from './layer.js';
export type { AttentionMasks } from './masks.js';
export {
  type AttentionCallOptions,
  type Mixing,
  MixtureAttention,
  type MixtureAttentionConfig,
} from './mixture_attention.js';
export { MixtureSynthesizer, type MixtureSynthesizerConfig, type ScoreName } from './mixture_synthesizer.js';
export { MultiHeadAttention, type MultiHeadAttentionConfig } from './multi_head_attention.js';
export { RandomSynthesizer, type RandomSynthesizerConfig } from './random_synthesizer.js';
export { SelfAttention, type SelfAttentionConfig } from './self_attention.js';
