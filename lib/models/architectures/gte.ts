/**
 * GTE (Zhang et al., arXiv 2407.19669; Alibaba-NLP/new-impl, model_type "new"; "gte" in transformers 5): BERT with rotary
 * positions and GeGLU.
 */

import type { JsonObject } from '../directory/json_file.js';
import { sliceRows, type Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import { activation, checkOption, epsilon, inOrder, layerCount, layerSizes, size } from './config.js';
import type { LayerSizes } from './layer.js';
import { rotaryOf } from './rotary.js';
import { dotAttention, halves, type QueryKeyValue, splitQkv } from './rotary_layer.js';
import type { LayerReference, TransformerParts } from './transformer_parts.js';

function attentionParts(weights: Weights, layer: string, original: boolean, hidden: number): QueryKeyValue {
  const linear = (name: string) => weights.linear(`${layer}.${name}`, hidden, hidden, 'optional');
  if (!original) {
    return {
      query: linear('self_attn.q_proj'),
      key: linear('self_attn.k_proj'),
      value: linear('self_attn.v_proj'),
    };
  }
  if (weights.has(`${layer}.attention.qkv_proj.weight`)) {
    return splitQkv(weights.linear(`${layer}.attention.qkv_proj`, 3 * hidden, hidden, 'optional'), hidden);
  }
  return {
    query: linear('attention.q_proj'),
    key: linear('attention.k_proj'),
    value: linear('attention.v_proj'),
  };
}

function readLayer(weights: Weights, index: number, original: boolean, sizes: LayerSizes): LayerReference {
  const { hidden, intermediate } = sizes;
  const layer = original ? `encoder.layer.${index}` : `layers.${index}`;
  const name = original
    ? { output: 'attention.o_proj', attentionNorm: 'attn_ln', outputNorm: 'mlp_ln' }
    : {
        output: 'self_attn.o_proj',
        attentionNorm: 'post_attention_layernorm',
        outputNorm: 'post_mlp_layernorm',
      };
  const linear = (part: string, out: number, columns: number) =>
    weights.linear(`${layer}.${part}`, out, columns, 'optional');
  const [up, gate] = original
    ? halves(linear('mlp.up_gate_proj', 2 * intermediate, hidden), intermediate, hidden)
    : [linear('mlp.up_proj', intermediate, hidden), linear('mlp.gate_proj', intermediate, hidden)];
  return {
    attention: dotAttention(attentionParts(weights, layer, original, hidden), sizes),
    attentionOutput: linear(name.output, hidden, hidden),
    attentionNorm: weights.norm(`${layer}.${name.attentionNorm}`, hidden),
    // The activation goes over what GTE calls the gate.
    up: gate,
    gate: up,
    down: linear('mlp.down_proj', hidden, intermediate),
    outputNorm: weights.norm(`${layer}.${name.outputNorm}`, hidden),
    rotary: 0,
  };
}

function read(config: JsonObject, weights: Weights): TransformerParts {
  checkOption(config, 'position_embedding_type', 'rope');
  checkOption(config, 'layer_norm_type', 'layer_norm');
  checkOption(config, 'logn_attention_scale', false);
  const sizes = layerSizes(config);
  const { hidden } = sizes;
  const vocabulary = size(config, 'vocab_size');
  const types = config.integer('type_vocab_size', 0, 1 << 24, 1);
  const layers = layerCount(config, 'num_hidden_layers');
  const original = weights.has('encoder.layer.0.attn_ln.weight');
  const table = (name: string, rows: number) =>
    weights.tensor(`embeddings.${name}_embeddings.weight`, [rows, hidden]);
  return {
    config: {
      ...sizes,
      vocabulary,
      positions: size(config, 'max_position_embeddings'),
      epsilon: epsilon(config, 'layer_norm_eps', 1e-12),
      activation: activation(config, 'hidden_act'),
      gated: true,
      preNorm: false,
    },
    embeddings: {
      size: hidden,
      words: table('word', vocabulary),
      tokenType: types > 0 ? sliceRows(table('token_type', types), 0, 1, hidden) : undefined,
      norm: weights.norm('embeddings.LayerNorm', hidden),
    },
    rotary: [rotaryOf(config, hidden / sizes.heads, config.get('model_type') === 'new' ? 10000 : 160000)],
    layers: Array.from({ length: layers }, (_, i) => readLayer(weights, i, original, sizes)),
    order: inOrder(layers),
  };
}

export const gte: Architecture = {
  modelTypes: ['new', 'gte'],
  prefixes: ['', 'new.', 'model.'],
  probe: 'embeddings.word_embeddings.weight',
  read,
};
