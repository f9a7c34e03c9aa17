/** Which keys each query may attend: the masks, the causal rule and the window of a call as one mask. */
import { expandMask } from '../../kernels/masks.js';
import type { Mask } from '../../tensor/tensor.js';
import type { AttentionCall } from './attention_call.js';

/** Whether a call may hide any key from any query. */
export function hidesKeys({ mask, causal, slidingWindow }: AttentionCall): boolean {
  return mask !== null || causal || slidingWindow !== null;
}

/** Zeros where the causal rule and the window do not let query i attend key j. */
function cutBand(
  pairs: Uint8Array,
  { causal, slidingWindow, sizes: { queries, keys } }: AttentionCall,
): void {
  const reach = slidingWindow ?? Number.POSITIVE_INFINITY;
  for (let row = 0; row * keys < pairs.length; row++) {
    const i = row % queries;
    const begin = Math.min(keys, Math.max(0, i - reach + 1));
    const end = Math.max(begin, Math.min(keys, causal ? i + 1 : i + reach));
    pairs.fill(0, row * keys, row * keys + begin);
    pairs.fill(0, row * keys + end, (row + 1) * keys);
  }
}

/** The pairs of a call that hides keys, [batch, heads, queries, keys]; the first two are 1 where all are alike. */
export function pairsOf(call: AttentionCall): Mask {
  const { queries, keys } = call.sizes;
  const given = call.mask ?? { data: Uint8Array.of(1), shape: [1, 1, 1, 1] };
  const [batch, heads] = given.shape as [number, number, number, number];
  const pairs = expandMask('attentionMask', given, [batch, heads, queries, keys]);
  if (call.causal || call.slidingWindow !== null) cutBand(pairs.data, call);
  return pairs;
}

/** The same with all of its axes written out. */
export function allPairsOf(call: AttentionCall): Uint8Array {
  const { batch, heads, queries, keys } = call.sizes;
  return expandMask('attentionMask', pairsOf(call), [batch, heads, queries, keys]).data;
}

/** The positions of a call that attend anything, [batch, queries], and that are attended, [batch, keys]. */
export function usedPositions(call: AttentionCall): { queries: Uint8Array; keys: Uint8Array } {
  const { batch, queries, keys } = call.sizes;
  const { data, shape } = pairsOf(call);
  const [pairBatch, heads] = shape as [number, number, number, number];
  const used = { queries: new Uint8Array(batch * queries), keys: new Uint8Array(batch * keys) };
  for (let b = 0; b < batch; b++) {
    for (let row = 0; row < heads * queries; row++) {
      const at = ((pairBatch === 1 ? 0 : b) * heads * queries + row) * keys;
      for (let j = 0; j < keys; j++) {
        if (data[at + j] === 0) continue;
        used.queries[b * queries + (row % queries)] = 1;
        used.keys[b * keys + j] = 1;
      }
    }
  }
  return used;
}
