/** The layer that BERT and its closest relatives share, by the names that each gives to its tensors. */

import type { Weights } from '../directory/weights.js';
import type { LayerReference, ScoreReference } from './transformer_parts.js';

/** Names of the tensors within a layer. */
export interface LayerNames {
  query: string;
  key: string;
  value: string;
  attentionOutput: string;
  attentionNorm: string;
  up: string;
  down: string;
  outputNorm: string;
}

export interface LayerSizes {
  hidden: number;
  heads: number;
  intermediate: number;
}

/** 1 / sqrt(size of a head). */
export function dotWeight({ hidden, heads }: LayerSizes): number {
  return 1 / Math.sqrt(hidden / heads);
}

/** @param more score functions added to the dot product */
export function postNormLayer(
  weights: Weights,
  layer: string,
  names: LayerNames,
  sizes: LayerSizes,
  more: readonly ScoreReference[] = [],
): LayerReference {
  const { hidden, intermediate } = sizes;
  const linear = (name: string, out: number, columns: number) =>
    weights.linear(`${layer}.${name}`, out, columns);
  const dot: ScoreReference = {
    kind: 'dot-product',
    weight: dotWeight(sizes),
    query: linear(names.query, hidden, hidden),
    key: linear(names.key, hidden, hidden),
  };
  return {
    attention: {
      groups: [{ heads: sizes.heads, scores: [dot, ...more] }],
      value: linear(names.value, hidden, hidden),
      before: -1,
      after: -1,
    },
    attentionOutput: linear(names.attentionOutput, hidden, hidden),
    attentionNorm: weights.norm(`${layer}.${names.attentionNorm}`, hidden),
    up: linear(names.up, intermediate, hidden),
    down: linear(names.down, hidden, intermediate),
    outputNorm: weights.norm(`${layer}.${names.outputNorm}`, hidden),
    rotary: -1,
  };
}
