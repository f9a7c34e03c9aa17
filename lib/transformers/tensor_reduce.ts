/** Reductions of transformers.js tensors over one axis or over all elements. */
import { ArgumentError, expectation } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import { indexWithin } from './tensor_axes.js';
import type { AnyTypedArray } from './tensor_types.js';

export interface Reduced {
  values: number[];
  dims: number[];
}

interface Reducible {
  readonly data: AnyTypedArray;
  readonly dims: readonly number[];
}

/** Folds elements, computed in float64; `finish` gets the fold and the number of elements. */
export function reduce(
  name: string,
  { data, dims }: Reducible,
  axis: number | null,
  keepAxis: boolean,
  start: number,
  fold: (total: number, value: number) => number,
  finish: (total: number, count: number) => number = (total) => total,
): Reduced {
  if (axis === null) {
    let total = start;
    for (const value of data) total = fold(total, Number(value));
    return { values: [finish(total, data.length)], dims: [] };
  }
  const at = indexWithin(`${name}: dim`, axis, dims.length);
  const count = dims[at]!;
  const inner = sizeOf(dims.slice(at + 1));
  const outer = sizeOf(dims.slice(0, at));
  const values = new Array<number>(outer * inner).fill(start);
  for (let o = 0, from = 0; o < outer; o++) {
    for (let c = 0; c < count; c++) {
      for (let i = o * inner; i < (o + 1) * inner; i++) values[i] = fold(values[i]!, Number(data[from++]));
    }
  }
  for (let i = 0; i < values.length; i++) values[i] = finish(values[i]!, count);
  return { values, dims: dims.toSpliced(at, 1, ...(keepAxis ? [1] : [])) };
}

/** Position of the element that comes first by `before`. */
export function argumentOf(
  name: string,
  data: AnyTypedArray,
  before: (a: number, b: number) => boolean,
): number {
  if (data.length === 0) throw new ArgumentError(expectation(name, 'at least one element', 'none'));
  let best = 0;
  for (let i = 1; i < data.length; i++) if (before(Number(data[i]), Number(data[best]))) best = i;
  return best;
}

/** The p-norm over an axis, as a fold for `reduce`. */
export function normOf(
  name: string,
  tensor: Reducible,
  p: number,
  axis: number | null,
  keep: boolean,
): Reduced {
  if (p === 1) return reduce(name, tensor, axis, keep, 0, (total, x) => total + Math.abs(x));
  if (p === 2) return reduce(name, tensor, axis, keep, 0, (total, x) => total + x * x, Math.sqrt);
  return reduce(
    name,
    tensor,
    axis,
    keep,
    0,
    (t, x) => t + Math.abs(x) ** p,
    (t) => t ** (1 / p),
  );
}
