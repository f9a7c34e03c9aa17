/** Reductions of transformers.js tensors over one axis or over all elements. */
import { ArgumentError, expectation } from '../errors.js';
import { sizeOf } from '../tensor/shape.js';
import { indexWithin } from './tensor_axes.js';
import { type AnyTypedArray, type DataType, emptyData, isBig } from './tensor_types.js';

export interface Reduced {
  values: AnyTypedArray;
  dims: number[];
}

interface Reducible {
  readonly type: DataType;
  readonly data: AnyTypedArray;
  readonly dims: readonly number[];
}

/** Numbers are computed in float64, and 64-bit integers with bigints, which are exact. */
interface Fold<V> {
  start: V;
  add(total: V, value: V): V;
  /** Gets the fold and the number of elements. */
  finish?(total: V, count: number): V;
}

/** @param type of the values, as a rule that of the tensor */
function reduce<V>(
  { data, dims }: Reducible,
  at: number | null,
  keepAxis: boolean,
  { start, add, finish }: Fold<V>,
  type: DataType,
): Reduced {
  const axes: readonly number[] = at === null ? [data.length] : dims;
  const axis = at ?? 0;
  const count = axes[axis]!;
  const inner = sizeOf(axes.slice(axis + 1));
  const outer = sizeOf(axes.slice(0, axis));
  const values = emptyData(type, [outer, inner]);
  const [from, to] = [data, values] as unknown as [V[], V[]];
  for (let place = 0; place < values.length; place++) {
    let total = start;
    const begin = Math.floor(place / inner) * count * inner + (place % inner);
    for (let c = 0; c < count; c++) total = add(total, from[begin + c * inner]!);
    to[place] = finish === undefined ? total : finish(total, count);
  }
  return { values, dims: at === null ? [] : dims.toSpliced(axis, 1, ...(keepAxis ? [1] : [])) };
}

/** There is no bigint for what NaN and the infinities are to numbers. */
function atLeastOne(name: string): (total: bigint, count: number) => bigint {
  return (total, count) => {
    if (count > 0) return total;
    throw new ArgumentError(expectation(name, 'at least one element', 'none'));
  };
}

/** Farther from 0 than any 64-bit integer. */
const FAR = 2n ** 64n;

const FOLDS = {
  sum: {
    numbers: { start: 0, add: (a, b) => a + b },
    integers: { start: 0n, add: (a, b) => a + b },
  },
  mean: {
    numbers: { start: 0, add: (a, b) => a + b, finish: (total, count) => total / count },
    integers: {
      start: 0n,
      add: (a, b) => a + b,
      finish: (total, count) => atLeastOne('mean')(total, count) / BigInt(count),
    },
  },
  min: {
    numbers: { start: Number.POSITIVE_INFINITY, add: Math.min },
    integers: { start: FAR, add: (a, b) => (b < a ? b : a), finish: atLeastOne('min') },
  },
  max: {
    numbers: { start: Number.NEGATIVE_INFINITY, add: Math.max },
    integers: { start: -FAR, add: (a, b) => (b > a ? b : a), finish: atLeastOne('max') },
  },
} as const satisfies Record<string, { numbers: Fold<number>; integers: Fold<bigint> }>;

function placeOf(name: string, axis: number | null, dims: readonly number[]): number | null {
  return axis === null ? null : indexWithin(`${name}: dim`, axis, dims.length);
}

export function reduceBy(
  name: keyof typeof FOLDS,
  tensor: Reducible,
  axis: number | null,
  keepAxis: boolean,
): Reduced {
  const at = placeOf(name, axis, tensor.dims);
  const { numbers, integers } = FOLDS[name] as { numbers: Fold<number>; integers: Fold<bigint> };
  return isBig(tensor.type)
    ? reduce(tensor, at, keepAxis, integers, tensor.type)
    : reduce(tensor, at, keepAxis, numbers, tensor.type);
}

/** Position of the element that comes first by `before`. */
export function argumentOf(
  name: string,
  data: AnyTypedArray,
  before: (a: number | bigint, b: number | bigint) => boolean,
): number {
  if (data.length === 0) throw new ArgumentError(expectation(name, 'at least one element', 'none'));
  let best = 0;
  for (let i = 1; i < data.length; i++) if (before(data[i]!, data[best]!)) best = i;
  return best;
}

const ABSOLUTE: Fold<bigint> = { start: 0n, add: (total, x) => total + (x < 0n ? -x : x) };

function powers(p: number): Fold<number> {
  if (p === 1) return { start: 0, add: (total, x) => total + Math.abs(x) };
  if (p === 2) return { start: 0, add: (total, x) => total + x * x, finish: Math.sqrt };
  return { start: 0, add: (t, x) => t + Math.abs(x) ** p, finish: (t) => t ** (1 / p) };
}

/** The p-norm over an axis. @param type of the norms, as a rule that of the tensor */
export function normOf(
  name: string,
  tensor: Reducible,
  p: number,
  axis: number | null,
  keep: boolean,
  type: DataType = tensor.type,
): Reduced {
  const at = placeOf(name, axis, tensor.dims);
  if (!isBig(tensor.type)) return reduce(tensor, at, keep, powers(p), type);
  if (p === 1) return reduce(tensor, at, keep, ABSOLUTE, type);
  throw new ArgumentError(expectation(name, 'a tensor of floats, or p = 1', tensor.type));
}
