/** Pieces of the layers with rotary positions and gated feed-forward layers. */

import { sliceLinear } from '../directory/weights.js';
import { dotWeight, type LayerSizes } from './layer.js';
import type { LayerReference, LinearReference } from './transformer_parts.js';

export interface QueryKeyValue {
  query: LinearReference;
  key: LinearReference;
  value: LinearReference;
}

/** Three layers [hidden, hidden] that were stored as one. */
export function splitQkv(packed: LinearReference, hidden: number): QueryKeyValue {
  const part = (i: number) => sliceLinear(packed, i * hidden, hidden, hidden);
  return { query: part(0), key: part(1), value: part(2) };
}

/** Two layers [out, columns] that were stored as one. */
export function halves(
  packed: LinearReference,
  out: number,
  columns: number,
): [LinearReference, LinearReference] {
  return [sliceLinear(packed, 0, out, columns), sliceLinear(packed, out, out, columns)];
}

/** Dot-product attention; keys farther than `reach` from the query are not attended, -1 is no limit. */
export function dotAttention(
  { query, key, value }: QueryKeyValue,
  sizes: LayerSizes,
  reach = -1,
): LayerReference['attention'] {
  return {
    groups: [{ heads: sizes.heads, scores: [{ kind: 'dot-product', weight: dotWeight(sizes), query, key }] }],
    value,
    before: reach,
    after: reach,
  };
}
