/** Keras' four masks and the causal rule, as one mask. */
import { expandMask } from '../kernels/masks.js';
import { checkRank, checkSameShape } from '../tensor/shape.js';
import { checkMask, type Mask, type MaskLike } from '../tensor/tensor.js';

export interface AttentionMasks {
  /** [batch, queries]: rows that are not 0 attend, the others get zero weights. */
  queryMask?: MaskLike;
  /** [batch, keys]: positions that may be attended. */
  valueMask?: MaskLike;
  /** [batch, keys]: as valueMask; both count where both are given. */
  keyMask?: MaskLike;
  /** [batch, queries, keys], or [batch, heads, queries, keys] (axes of 1 broadcast). */
  attentionMask?: MaskLike;
}

function conjunction(a: Mask, b: Mask): Mask {
  return { data: a.data.map((x, i) => (x && b.data[i] ? 1 : 0)), shape: a.shape };
}

/** The conjunction, broadcastable to [batch, heads, queries, keys]; null when nothing is masked. */
export function combineMasks(
  masks: AttentionMasks,
  batch: number,
  heads: number,
  queries: number,
  keys: number,
): Mask | null {
  const parts: Mask[] = [];
  const rows = (name: 'queryMask' | 'valueMask' | 'keyMask', length: number, shape: number[]): void => {
    const given = masks[name];
    if (given === undefined) return;
    const mask = checkMask(name, given);
    checkSameShape(name, mask.shape, [batch, length]);
    parts.push({ data: mask.data, shape });
  };
  rows('valueMask', keys, [batch, 1, 1, keys]);
  rows('keyMask', keys, [batch, 1, 1, keys]);
  rows('queryMask', queries, [batch, 1, queries, 1]);
  if (masks.attentionMask !== undefined) {
    const mask = checkMask('attentionMask', masks.attentionMask);
    if (mask.shape.length === 3) {
      const [b, q, k] = mask.shape as [number, number, number];
      parts.push({ data: mask.data, shape: [b, 1, q, k] });
    } else {
      checkRank('attentionMask', mask.shape, 4, '[batch, heads, queries, keys], or 3 [batch, queries, keys]');
      parts.push(mask);
    }
  }
  if (parts.length <= 1) return parts[0] ?? null;
  // Written out over the heads only where a part asks for it.
  const shape = [batch, parts.some((part) => part.shape[1]! > 1) ? heads : 1, queries, keys];
  return parts.map((part) => expandMask('attentionMask', part, shape)).reduce(conjunction);
}
