/**
 * Qwen3 (Yang et al., arXiv 2505.09388) as an encoder, as in Qwen3-Embedding: causal attention whose heads share keys and
 * values (arXiv 2305.13245) and are normalised one by one, rotary positions, SwiGLU, RMSNorm before each sublayer.
 */
import type { JsonObject } from '../directory/json_file.js';
import type { Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import { activation, epsilon, inOrder, LARGEST, layerCount, localLayers, size } from './config.js';
import { rotaryOf } from './rotary.js';
import type { LayerReference, TransformerParts } from './transformer_parts.js';

interface Sizes {
  hidden: number;
  heads: number;
  kvHeads: number;
  headSize: number;
  intermediate: number;
}

function sizesOf(config: JsonObject): Sizes {
  const heads = size(config, 'num_attention_heads');
  const kvHeads = size(config, 'num_key_value_heads', heads);
  if (heads % kvHeads !== 0) config.fail('num_key_value_heads', `a divisor of the ${heads} heads`);
  const headSize = size(config, 'head_dim', 128);
  if (headSize % 2 !== 0) config.fail('head_dim', 'an even number');
  const [hidden, intermediate] = [size(config, 'hidden_size'), size(config, 'intermediate_size')];
  return { hidden, heads, kvHeads, headSize, intermediate };
}

/** For every layer how many keys before a query it attends to; -1 is all of them. */
function reaches(config: JsonObject, layers: number): number[] {
  const sliding = config.boolean('use_sliding_window', false);
  const reach = sliding ? config.integer('sliding_window', 1, LARGEST, 4096) - 1 : -1;
  const local = localLayers(config, layers) ?? behindFirst(config, layers);
  return local.map((near) => (near ? reach : -1));
}

/** Without layer_types: the first `max_window_layers` layers attend to all. */
function behindFirst(config: JsonObject, layers: number): boolean[] {
  const first = config.integer('max_window_layers', 0, LARGEST, 28);
  return Array.from({ length: layers }, (_, i) => i >= first);
}

function readLayer(weights: Weights, index: number, sizes: Sizes, before: number): LayerReference {
  const { hidden, heads, kvHeads, headSize, intermediate } = sizes;
  const layer = `layers.${index}`;
  const linear = (name: string, out: number, columns: number) =>
    weights.linear(`${layer}.${name}`, out, columns, 'optional');
  const norm = (name: string, columns: number) => weights.norm(`${layer}.${name}`, columns, false);
  const query = linear('self_attn.q_proj', heads * headSize, hidden);
  const key = linear('self_attn.k_proj', kvHeads * headSize, hidden);
  return {
    attention: {
      groups: [{ heads, scores: [{ kind: 'dot-product', weight: 1 / Math.sqrt(headSize), query, key }] }],
      value: linear('self_attn.v_proj', kvHeads * headSize, hidden),
      queryNorm: norm('self_attn.q_norm', headSize),
      keyNorm: norm('self_attn.k_norm', headSize),
      before,
      after: 0,
    },
    attentionOutput: linear('self_attn.o_proj', hidden, heads * headSize),
    attentionNorm: norm('input_layernorm', hidden),
    up: linear('mlp.gate_proj', intermediate, hidden),
    gate: linear('mlp.up_proj', intermediate, hidden),
    down: linear('mlp.down_proj', hidden, intermediate),
    outputNorm: norm('post_attention_layernorm', hidden),
    rotary: 0,
  };
}

function read(config: JsonObject, weights: Weights): TransformerParts {
  const sizes = sizesOf(config);
  const vocabulary = size(config, 'vocab_size');
  const layers = layerCount(config, 'num_hidden_layers');
  return {
    config: {
      ...sizes,
      vocabulary,
      positions: size(config, 'max_position_embeddings', 32_768),
      norm: 'rms',
      epsilon: epsilon(config, 'rms_norm_eps', 1e-6),
      activation: activation(config, 'hidden_act', 'silu'),
      gated: true,
      preNorm: true,
    },
    embeddings: {
      size: sizes.hidden,
      words: weights.tensor('embed_tokens.weight', [vocabulary, sizes.hidden]),
    },
    rotary: [rotaryOf(config, sizes.headSize, 10_000)],
    layers: reaches(config, layers).map((before, i) => readLayer(weights, i, sizes, before)),
    order: inOrder(layers),
    finalNorm: weights.norm('norm', sizes.hidden, false),
  };
}

export const qwen3: Architecture = {
  modelTypes: ['qwen3'],
  prefixes: ['', 'model.'],
  probe: 'embed_tokens.weight',
  read,
};
