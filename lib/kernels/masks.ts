/** Masks and their broadcasting. A mask byte that is not 0 means "attend". */
import { expectation, ShapeError } from '../errors.js';
import type { Strides } from '../native/operations.js';
import { allocateBytes } from '../tensor/allocate.js';
import { type Shape, shapeText } from '../tensor/shape.js';
import type { Mask } from '../tensor/tensor.js';

/** Byte index step along each axis of `target`; 0 where the mask is broadcast. */
function steps(name: string, mask: Mask, target: Shape): number[] {
  const { shape } = mask;
  const fits =
    shape.length <= target.length &&
    shape.every((d, i) => d === 1 || d === target[target.length - shape.length + i]);
  if (!fits)
    throw new ShapeError(
      expectation(name, `a shape that broadcasts to ${shapeText(target)}`, shapeText(shape)),
    );
  let stride = 1;
  const out = new Array<number>(target.length).fill(0);
  for (let i = shape.length - 1; i >= 0; i--) {
    out[target.length - shape.length + i] = shape[i] === 1 ? 0 : stride;
    stride *= shape[i]!;
  }
  return out;
}

/** The mask written out to `target`, [..., columns]. */
export function expandMask(name: string, mask: Mask, target: Shape): Mask {
  const step = steps(name, mask, target);
  const data = allocateBytes(target);
  const columns = target.at(-1) ?? 1;
  const repeats = (step.at(-1) ?? 0) === 0;
  const outer = target.length - 1;
  const index = new Array<number>(target.length).fill(0);
  let from = 0;
  // Row by row: masks of attention have as many bytes as there are weights.
  for (let row = 0; row < data.length; row += columns) {
    if (repeats) data.fill(mask.data[from] ? 1 : 0, row, row + columns);
    else for (let j = 0; j < columns; j++) data[row + j] = mask.data[from + j] ? 1 : 0;
    for (let axis = outer - 1; axis >= 0; axis--) {
      from += step[axis]!;
      if (++index[axis]! < target[axis]!) break;
      from -= step[axis]! * target[axis]!;
      index[axis] = 0;
    }
  }
  return { data, shape: target };
}

/** For rows: mask rows that repeat, so that row r of x uses mask row r % rows. */
export function maskRows(name: string, mask: Mask, target: Shape): { data: Uint8Array; rows: number } {
  const columns = target.at(-1)!;
  let shape = mask.shape;
  while (shape.length > 1 && shape[0] === 1) shape = shape.slice(1);
  const suffix = target.slice(target.length - shape.length);
  const repeats = shape.length > 0 && shape.length <= target.length && shape.every((d, i) => d === suffix[i]);
  const data = repeats ? mask.data : expandMask(name, mask, target).data;
  return { data, rows: Math.max(1, columns === 0 ? 1 : data.length / columns) };
}

/** For attention: the mask with strides for [batch, heads, queries, keys], written out only where it must be. */
export function maskStrides(name: string, mask: Mask, target: Shape): { data: Uint8Array; strides: Strides } {
  const step = steps(name, mask, target);
  if (step[3] !== 1 && target[3] !== 1) {
    const full = expandMask(name, mask, target);
    return {
      data: full.data,
      strides: [target[1]! * target[2]! * target[3]!, target[2]! * target[3]!, target[3]!],
    };
  }
  return { data: mask.data, strides: [step[0]!, step[1]!, step[2]!] };
}
