/** ModernBERT (Warner et al., arXiv 2412.13663): pre-norm, GeGLU, rotary positions, local attention in most layers. */

import type { JsonObject } from '../directory/json_file.js';
import type { Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import {
  activation,
  epsilon,
  FULL_ATTENTION,
  inOrder,
  LARGEST,
  layerCount,
  layerSizes,
  localLayers,
  SLIDING_ATTENTION,
  size,
} from './config.js';
import type { LayerSizes } from './layer.js';
import type { Rotary } from './rotary.js';
import { dotAttention, halves, splitQkv } from './rotary_layer.js';
import type { LayerReference, TransformerParts } from './transformer_parts.js';

/** Without layer_types: every so many layers one attends to all. */
function allButEvery(config: JsonObject, layers: number): boolean[] {
  const every = config.integer('global_attn_every_n_layers', 1, LARGEST, 3);
  return Array.from({ length: layers }, (_, i) => i % every !== 0);
}

/** Of layers with global attention, then of those with local attention. */
function rotaries(config: JsonObject, headSize: number): [Rotary, Rotary] {
  const parameters = config.optionalObject('rope_parameters');
  const theta = (type: string, key: string, fallback: number): number => {
    const own = parameters?.optionalObject(type);
    const kind = own?.get('rope_type') ?? 'default';
    if (kind !== 'default') own!.fail('rope_type', '"default"');
    const outer = config.number(key, fallback);
    const value = own?.number('rope_theta', outer) ?? outer;
    if (value <= 0) config.fail(key, 'a positive number');
    return value;
  };
  const far = theta(FULL_ATTENTION, 'global_rope_theta', 160_000);
  // A theta of null is that of the other layers.
  const near = theta(
    SLIDING_ATTENTION,
    'local_rope_theta',
    config.get('local_rope_theta') === null ? far : 10_000,
  );
  return [
    { size: headSize, theta: far, divisor: 1 },
    { size: headSize, theta: near, divisor: 1 },
  ];
}

function readLayer(weights: Weights, index: number, sizes: LayerSizes, reach: number): LayerReference {
  const { hidden, intermediate } = sizes;
  const layer = `layers.${index}`;
  const linear = (name: string, out: number, columns: number) =>
    weights.linear(`${layer}.${name}`, out, columns, 'optional');
  const [up, gate] = halves(linear('mlp.Wi', 2 * intermediate, hidden), intermediate, hidden);
  return {
    attention: dotAttention(splitQkv(linear('attn.Wqkv', 3 * hidden, hidden), hidden), sizes, reach),
    attentionOutput: linear('attn.Wo', hidden, hidden),
    // The first layer reads embeddings, which are normalised already.
    attentionNorm: index === 0 ? undefined : weights.norm(`${layer}.attn_norm`, hidden, 'optional'),
    up,
    gate,
    down: linear('mlp.Wo', hidden, intermediate),
    outputNorm: weights.norm(`${layer}.mlp_norm`, hidden, 'optional'),
    rotary: reach < 0 ? 0 : 1,
  };
}

function read(config: JsonObject, weights: Weights): TransformerParts {
  const sizes = layerSizes(config);
  const { hidden } = sizes;
  const vocabulary = size(config, 'vocab_size');
  const layers = layerCount(config, 'num_hidden_layers');
  const reach = config.integer('local_attention', 2, LARGEST, 128) >> 1;
  const local = localLayers(config, layers) ?? allButEvery(config, layers);
  return {
    config: {
      ...sizes,
      vocabulary,
      positions: size(config, 'max_position_embeddings'),
      epsilon: epsilon(config, 'norm_eps', 1e-5),
      activation: activation(config, 'hidden_activation'),
      gated: true,
      preNorm: true,
    },
    embeddings: {
      size: hidden,
      words: weights.tensor('embeddings.tok_embeddings.weight', [vocabulary, hidden]),
      norm: weights.norm('embeddings.norm', hidden, 'optional'),
    },
    rotary: rotaries(config, hidden / sizes.heads),
    layers: local.map((near, i) => readLayer(weights, i, sizes, near ? reach : -1)),
    order: inOrder(layers),
    finalNorm: weights.norm('final_norm', hidden, 'optional'),
  };
}

export const modernbert: Architecture = {
  modelTypes: ['modernbert'],
  prefixes: ['', 'model.'],
  probe: 'embeddings.tok_embeddings.weight',
  read,
};
