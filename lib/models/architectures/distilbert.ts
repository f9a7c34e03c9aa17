/** DistilBERT (Sanh et al., arXiv 1910.01108): BERT without token types, under names of its own. */
import type { JsonObject } from '../directory/json_file.js';
import type { Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import { activation, heads, inOrder, layerCount, size } from './config.js';
import { type LayerNames, postNormLayer } from './layer.js';
import type { TransformerParts } from './transformer_parts.js';

const NAMES: LayerNames = {
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attentionOutput: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  up: 'ffn.lin1',
  down: 'ffn.lin2',
  outputNorm: 'output_layer_norm',
};

function read(config: JsonObject, weights: Weights): TransformerParts {
  const hidden = size(config, 'dim');
  const sizes = {
    hidden,
    heads: heads(config, 'n_heads', hidden),
    intermediate: size(config, 'hidden_dim'),
  };
  const vocabulary = size(config, 'vocab_size');
  const positions = size(config, 'max_position_embeddings');
  const layers = layerCount(config, 'n_layers');
  return {
    config: {
      ...sizes,
      vocabulary,
      positions,
      epsilon: 1e-12,
      activation: activation(config, 'activation'),
      gated: false,
      preNorm: false,
    },
    embeddings: {
      size: hidden,
      words: weights.tensor('embeddings.word_embeddings.weight', [vocabulary, hidden]),
      positions: weights.tensor('embeddings.position_embeddings.weight', [positions, hidden]),
      norm: weights.norm('embeddings.LayerNorm', hidden),
    },
    rotary: [],
    layers: Array.from({ length: layers }, (_, i) =>
      postNormLayer(weights, `transformer.layer.${i}`, NAMES, sizes),
    ),
    order: inOrder(layers),
  };
}

export const distilbert: Architecture = {
  modelTypes: ['distilbert'],
  prefixes: ['', 'distilbert.'],
  probe: 'embeddings.word_embeddings.weight',
  read,
};
