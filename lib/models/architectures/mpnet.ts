/** MPNet (Song et al., arXiv 2004.09297): RoBERTa's positions, and a relative bias that all layers share. */

import type { JsonObject } from '../directory/json_file.js';
import { sliceRows, type Weights } from '../directory/weights.js';
import type { Architecture } from './architecture.js';
import { inOrder, LARGEST, layerCount, layerSizes, postNormConfig, size } from './config.js';
import { type LayerNames, postNormLayer } from './layer.js';
import type { ScoreReference, TransformerParts } from './transformer_parts.js';

const NAMES: LayerNames = {
  query: 'attention.attn.q',
  key: 'attention.attn.k',
  value: 'attention.attn.v',
  attentionOutput: 'attention.attn.o',
  attentionNorm: 'attention.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

/** From here on distances share a bucket; those with a bucket of their own end before, which bounds the buckets. */
const FARTHEST = 128;

/**
 * T5's buckets (Raffel et al., arXiv 1910.10683) of the distances key - query from -(positions - 1) to positions - 1:
 * half of them for either direction, half of those for one distance each, the rest for distances that grow by a
 * constant factor up to 128.
 */
export function relativeBuckets(positions: number, buckets: number): Int32Array {
  const side = buckets >> 1;
  const exact = side >> 1;
  const bucket = (distance: number): number => {
    if (distance < exact) return distance;
    // float32 at each step, as the formula is computed in training: a bucket's edge depends on it.
    const ratio = Math.fround(Math.log(Math.fround(distance / exact)));
    const scaled = Math.fround(Math.fround(ratio / Math.log(FARTHEST / exact)) * (side - exact));
    return Math.min(exact + Math.trunc(scaled), side - 1);
  };
  return Int32Array.from({ length: 2 * positions - 1 }, (_, i) => {
    const distance = i - (positions - 1);
    return distance > 0 ? side + bucket(distance) : bucket(-distance);
  });
}

function read(config: JsonObject, weights: Weights): TransformerParts {
  const sizes = layerSizes(config);
  const { hidden } = sizes;
  const vocabulary = size(config, 'vocab_size');
  const rows = size(config, 'max_position_embeddings');
  const offset = config.integer('pad_token_id', 0, LARGEST, 1) + 1;
  const positions = rows - offset;
  if (positions < 1) config.fail('max_position_embeddings', `more than ${offset}`);
  const buckets = config.integer('relative_attention_num_buckets', 4, 4 * FARTHEST - 1, 32);
  const relative: ScoreReference = {
    kind: 'relative',
    weight: 1,
    buckets,
    index: relativeBuckets(positions, buckets),
    table: weights.tensor('encoder.relative_attention_bias.weight', [buckets, sizes.heads]),
  };
  const layers = layerCount(config, 'num_hidden_layers');
  return {
    config: postNormConfig(config, { ...sizes, vocabulary, positions }),
    embeddings: {
      size: hidden,
      words: weights.tensor('embeddings.word_embeddings.weight', [vocabulary, hidden]),
      positions: sliceRows(
        weights.tensor('embeddings.position_embeddings.weight', [rows, hidden]),
        offset,
        positions,
        hidden,
      ),
      norm: weights.norm('embeddings.LayerNorm', hidden),
    },
    rotary: [],
    layers: Array.from({ length: layers }, (_, i) =>
      postNormLayer(weights, `encoder.layer.${i}`, NAMES, sizes, [relative]),
    ),
    order: inOrder(layers),
  };
}

export const mpnet: Architecture = {
  modelTypes: ['mpnet'],
  prefixes: ['', 'mpnet.'],
  probe: 'embeddings.word_embeddings.weight',
  read,
};
