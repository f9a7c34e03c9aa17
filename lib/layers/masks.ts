/** Keras' four masks as one mask. The causal rule and the sliding window are the kernel's. */
import { expectation, ShapeError } from '../errors.js';
import { expandMask } from '../kernels/masks.js';
import { allocateBytes, copyFloats } from '../tensor/allocate.js';
import { permute } from '../tensor/permute.js';
import { checkSameShape, type Shape, shapeText, sizeOf } from '../tensor/shape.js';
import { checkMask, type Mask, type MaskLike } from '../tensor/tensor.js';
import type { Axes, Sequence } from './axes.js';

export interface AttentionMasks {
  /** [batch, queries], the query's shape without features: rows that are not 0 attend, the others get zero weights. */
  queryMask?: MaskLike;
  /** [batch, keys], the value's shape without features: positions that may be attended. */
  valueMask?: MaskLike;
  /** [batch, keys]: as valueMask; both count where both are given. */
  keyMask?: MaskLike;
  /** [queries, keys], [batch, queries, keys] or [batch, heads, queries, keys]; axes of 1 broadcast. */
  attentionMask?: MaskLike;
}

/** The sizes that masks must fit; `keys` counts cached positions too. */
export interface MaskedAxes {
  query: Axes;
  key: Axes;
  heads: number;
}

/** Of masks that were written out, whose bytes are 0 and 1. */
function conjunction(a: Mask, b: Mask): Mask {
  const data = allocateBytes(a.shape);
  for (let i = 0; i < data.length; i++) data[i] = a.data[i]! & b.data[i]!;
  return { data, shape: a.shape };
}

/** A mask of one input's positions, as [batch, length]. */
function positions(name: string, given: MaskLike, { batch, length, order, ordered }: Axes): Mask {
  const mask = checkMask(name, given);
  const places = order.slice(0, -1);
  const sizes = [...batch, ...length];
  const expected: number[] = [];
  for (const [i, axis] of places.entries()) expected[axis] = sizes[i]!;
  checkSameShape(name, mask.shape, expected);
  const { data } = ordered ? mask : permute(mask.data, mask.shape, places);
  return { data, shape: [sizeOf(batch), sizeOf(length)] };
}

/** The queries with zeros in the rows that attend nothing: what else looks at a query must not see what it holds. */
export function withoutMasked(query: Sequence, queryMask: MaskLike): Sequence {
  const kept = positions('queryMask', queryMask, query.axes).data;
  const data = copyFloats(query.data);
  for (const [row, attends] of kept.entries()) {
    if (!attends) data.fill(0, row * query.features, (row + 1) * query.features);
  }
  return { ...query, data };
}

/** Whether a group of axes is there in full, or all 1. */
function whole(sizes: Shape, target: Shape): boolean {
  return sizes.every((s, i) => s === target[i]) || sizes.every((s) => s === 1);
}

/** attentionMask [batch..., heads?, queries..., keys...] as [batch, heads, queries, keys], axes of 1 kept. */
function scoreMask(given: MaskLike, { query, key, heads }: MaskedAxes): Mask {
  const mask = checkMask('attentionMask', given);
  const attended = query.length.length;
  const leading = mask.shape.slice(0, Math.max(0, mask.shape.length - 2 * attended));
  const batches = query.batch.length;
  const target = [...query.batch, heads, ...query.length, ...key.length];
  const missing = Array.from({ length: Math.max(0, batches + 1 - leading.length) }, () => 1);
  const full = [...leading, ...missing, ...mask.shape.slice(leading.length)];
  const fits = full.length === target.length && full.every((size, i) => size === 1 || size === target[i]);
  if (!fits) {
    throw new ShapeError(
      expectation('attentionMask', `a shape that broadcasts to ${shapeText(target)}`, shapeText(mask.shape)),
    );
  }
  const cuts = [0, batches, batches + 1, batches + 1 + attended, target.length];
  const groups = [0, 1, 2, 3].map((i) => [cuts[i]!, cuts[i + 1]!] as const);
  const sizes = (shape: Shape) => groups.map(([from, to]) => sizeOf(shape.slice(from, to)));
  const plain = groups.every(([from, to]) => whole(full.slice(from, to), target.slice(from, to)));
  if (plain) return { data: mask.data, shape: sizes(full) };
  // Some axes of a group broadcast and others do not: written out, but over the heads only where they differ.
  const written = target.map((size, axis) => (axis === batches ? full[axis]! : size));
  const { data } = expandMask('attentionMask', { data: mask.data, shape: full }, written);
  return { data, shape: sizes(written) };
}

/** The conjunction, broadcastable to [batch, heads, queries, keys]; null when nothing is masked. */
export function combineMasks(masks: AttentionMasks, axes: MaskedAxes): Mask | null {
  const parts: Mask[] = [];
  for (const name of ['valueMask', 'keyMask'] as const) {
    if (masks[name] === undefined) continue;
    const { data, shape } = positions(name, masks[name], axes.key);
    parts.push({ data, shape: [shape[0]!, 1, 1, shape[1]!] });
  }
  if (masks.queryMask !== undefined) {
    const { data, shape } = positions('queryMask', masks.queryMask, axes.query);
    parts.push({ data, shape: [shape[0]!, 1, shape[1]!, 1] });
  }
  if (masks.attentionMask !== undefined) parts.push(scoreMask(masks.attentionMask, axes));
  if (parts.length <= 1) return parts[0] ?? null;
  // Written out over an axis only where a part asks for it: a padding mask stays one row a sequence.
  const shape = [0, 1, 2, 3].map(
    (axis) => parts.map((part) => part.shape[axis]!).find((size) => size !== 1) ?? 1,
  );
  return parts.map((part) => expandMask('attentionMask', part, shape)).reduce(conjunction);
}
