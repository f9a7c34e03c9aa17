/**
 * NomicBERT (Nussbaum et al., arXiv 2402.01613): BERT with rotary positions and SwiGLU. Tensors and keys under the names
 * of nomic-embed-text, or under those that transformers 5 gives them.
 */

import { Activation } from '../../native/codes.js';
import type { JsonObject } from '../directory/json_file.js';
import { sliceRows, type Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import {
  activation,
  checkOption,
  epsilon,
  heads,
  inOrder,
  layerCount,
  positiveNumber,
  size,
} from './config.js';
import type { LayerSizes } from './layer.js';
import { type Rotary, rotaryOf } from './rotary.js';
import { dotAttention, splitQkv } from './rotary_layer.js';
import type { LayerReference, TransformerParts } from './transformer_parts.js';

interface Settings {
  sizes: LayerSizes;
  layers: number;
  vocabulary: number;
  positions: number;
  types: number;
  epsilon: number;
  activation: number;
  rotary: Rotary;
}

const GATES: ReadonlyMap<string, number> = new Map([
  ['swiglu', Activation.silu],
  ['geglu', Activation.gelu],
]);

function originalSettings(config: JsonObject): Settings {
  const hidden = size(config, 'n_embd');
  const count = heads(config, 'n_head', hidden);
  checkOption(config, 'prenorm', false);
  checkOption(config, 'use_rms_norm', false);
  checkOption(config, 'rotary_emb_interleaved', false);
  for (const key of ['rotary_scaling_factor', 'rotary_emb_scale_base']) {
    if ((config.get(key) ?? null) !== null) config.fail(key, 'null');
  }
  const gate = GATES.get(config.string('activation_function', 'swiglu'));
  if (gate === undefined) config.fail('activation_function', [...GATES.keys()].join(' or '));
  const turning = Math.round((hidden / count) * config.number('rotary_emb_fraction', 1));
  if (turning < 2 || turning % 2 !== 0 || turning > hidden / count) {
    config.fail('rotary_emb_fraction', 'an even number of elements of a head');
  }
  return {
    sizes: { hidden, heads: count, intermediate: size(config, 'n_inner', 4 * hidden) },
    layers: layerCount(config, 'n_layer'),
    vocabulary: size(config, 'vocab_size'),
    positions: size(config, 'n_positions'),
    types: config.integer('type_vocab_size', 0, 1 << 24, 2),
    epsilon: epsilon(config, 'layer_norm_epsilon', 1e-12),
    activation: gate,
    rotary: { size: turning, theta: positiveNumber(config, 'rotary_emb_base', 1000), divisor: 1 },
  };
}

function currentSettings(config: JsonObject): Settings {
  const hidden = size(config, 'hidden_size');
  const count = heads(config, 'num_attention_heads', hidden);
  checkOption(config, 'head_dim', hidden / count);
  return {
    sizes: { hidden, heads: count, intermediate: size(config, 'intermediate_size') },
    layers: layerCount(config, 'num_hidden_layers'),
    vocabulary: size(config, 'vocab_size'),
    positions: size(config, 'max_position_embeddings'),
    types: config.integer('type_vocab_size', 0, 1 << 24, 2),
    epsilon: epsilon(config, 'layer_norm_eps', 1e-12),
    activation: activation(config, 'hidden_act', 'silu'),
    rotary: rotaryOf(config, hidden / count, 1000),
  };
}

function originalLayer(weights: Weights, index: number, sizes: LayerSizes): LayerReference {
  const { hidden, intermediate } = sizes;
  const layer = `encoder.layers.${index}`;
  const linear = (name: string, out: number, columns: number) =>
    weights.linear(`${layer}.${name}`, out, columns, 'optional');
  return {
    attention: dotAttention(splitQkv(linear('attn.Wqkv', 3 * hidden, hidden), hidden), sizes),
    attentionOutput: linear('attn.out_proj', hidden, hidden),
    attentionNorm: weights.norm(`${layer}.norm1`, hidden),
    up: linear('mlp.fc12', intermediate, hidden),
    gate: linear('mlp.fc11', intermediate, hidden),
    down: linear('mlp.fc2', hidden, intermediate),
    outputNorm: weights.norm(`${layer}.norm2`, hidden),
    rotary: 0,
  };
}

function currentLayer(weights: Weights, index: number, sizes: LayerSizes): LayerReference {
  const { hidden, intermediate } = sizes;
  const layer = `layers.${index}`;
  const linear = (name: string, out: number, columns: number) =>
    weights.linear(`${layer}.${name}`, out, columns, 'optional');
  const parts = {
    query: linear('self_attn.q_proj', hidden, hidden),
    key: linear('self_attn.k_proj', hidden, hidden),
    value: linear('self_attn.v_proj', hidden, hidden),
  };
  return {
    attention: dotAttention(parts, sizes),
    attentionOutput: linear('self_attn.o_proj', hidden, hidden),
    attentionNorm: weights.norm(`${layer}.post_attention_layernorm`, hidden),
    up: linear('mlp.gate_proj', intermediate, hidden),
    gate: linear('mlp.up_proj', intermediate, hidden),
    down: linear('mlp.down_proj', hidden, intermediate),
    outputNorm: weights.norm(`${layer}.post_mlp_layernorm`, hidden),
    rotary: 0,
  };
}

function read(config: JsonObject, weights: Weights): TransformerParts {
  const settings = config.get('n_embd') === undefined ? currentSettings(config) : originalSettings(config);
  const { sizes, vocabulary, types } = settings;
  const { hidden } = sizes;
  const original = weights.has('emb_ln.weight');
  const layer = original ? originalLayer : currentLayer;
  const table = (name: string, rows: number) =>
    weights.tensor(`embeddings.${name}_embeddings.weight`, [rows, hidden]);
  return {
    config: {
      ...sizes,
      vocabulary,
      positions: settings.positions,
      epsilon: settings.epsilon,
      activation: settings.activation,
      gated: true,
      preNorm: false,
    },
    embeddings: {
      size: hidden,
      words: table('word', vocabulary),
      tokenType: types > 0 ? sliceRows(table('token_type', types), 0, 1, hidden) : undefined,
      norm: weights.norm(original ? 'emb_ln' : 'embeddings.LayerNorm', hidden),
    },
    rotary: [settings.rotary],
    layers: Array.from({ length: settings.layers }, (_, i) => layer(weights, i, sizes)),
    order: inOrder(settings.layers),
  };
}

export const nomicBert: Architecture = {
  modelTypes: ['nomic_bert'],
  prefixes: ['', 'bert.', 'model.'],
  probe: 'embeddings.word_embeddings.weight',
  read,
};
