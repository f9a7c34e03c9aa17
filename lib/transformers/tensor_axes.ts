/** Axes of transformers.js tensors: negative indices, slices, squeezed and permuted shapes. */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { MOST_AXES, sizeOf } from '../tensor/shape.js';

/** What `slice` takes for one axis: one index, [start, end), or all. */
export type Slice = number | readonly [number | null, number | null] | readonly number[] | null | undefined;

export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  for (let i = dims.length - 1, stride = 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= dims[i]!;
  }
  return strides;
}

/** Counts from the end where negative. */
export function indexWithin(name: string, index: number, size: number): number {
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new ArgumentError(
      expectation(
        name,
        size === 0 ? 'nothing (the axis is empty)' : `an index from ${-size} to ${size - 1}`,
        describe(index),
      ),
    );
  }
  return index < 0 ? index + size : index;
}

function clamped(name: string, index: number | null | undefined, size: number, absent: number): number {
  if (index === null || index === undefined) return absent;
  if (Number.isNaN(index) || typeof index !== 'number') {
    throw new ArgumentError(expectation(name, 'a number', describe(index)));
  }
  return Math.min(Math.max(index < 0 ? index + size : index, 0), size);
}

export interface SlicedAxis {
  start: number;
  end: number;
  /** A single index takes its axis away. */
  kept: boolean;
}

export function sliceAxis(axis: number, slice: Slice, size: number): SlicedAxis {
  const name = `slice: axis ${axis}`;
  if (slice === null || slice === undefined) return { start: 0, end: size, kept: true };
  if (typeof slice === 'number') {
    const start = indexWithin(name, slice, size);
    return { start, end: start + 1, kept: false };
  }
  if (!Array.isArray(slice) || slice.length !== 2) {
    throw new ArgumentError(expectation(name, 'an index, [start, end] or null', describe(slice)));
  }
  const start = clamped(name, slice[0] as number | null, size, 0);
  const end = clamped(name, slice[1] as number | null, size, size);
  if (start > end) throw new ArgumentError(expectation(name, 'a start before the end', describe(slice)));
  return { start, end, kept: true };
}

/** Without axes of size 1, or without those of `axes` that have it. */
export function squeezed(dims: readonly number[], axes: number | readonly number[] | null): number[] {
  if (axes === null) return dims.filter((size) => size !== 1);
  const given = typeof axes === 'number' ? [axes] : axes;
  if (!Array.isArray(given) || given.length > dims.length) {
    throw new ArgumentError(expectation('squeeze', 'an axis or some of them', describe(axes)));
  }
  const list = Array.from(given as number[], (a) => indexWithin('squeeze', a, dims.length));
  return dims.filter((size, i) => size !== 1 || !list.includes(i));
}

export function unsqueezed(dims: readonly number[], axis: number): number[] {
  return dims.toSpliced(indexWithin('unsqueeze', axis, dims.length + 1), 0, 1);
}

export function flattened(dims: readonly number[], first: number, last: number): number[] {
  const rank = Math.max(dims.length, 1);
  const begin = indexWithin('flatten', first, rank);
  const end = indexWithin('flatten', last, rank) + 1;
  return [...dims.slice(0, begin), sizeOf(dims.slice(begin, end)), ...dims.slice(end)];
}

/** One size may be -1: what the others leave. */
export function viewed(size: number, dims: readonly number[]): number[] {
  if (dims.length > MOST_AXES || !dims.every((n) => Number.isInteger(n))) {
    throw new ShapeError(expectation('view', `a shape of ${size} elements`, describe(dims)));
  }
  const unknown = dims.filter((n) => n === -1).length;
  const known = sizeOf(dims.filter((n) => n !== -1));
  const out = dims.map((n) => (n === -1 ? size / known : n));
  if (unknown > 1 || !out.every((n) => Number.isInteger(n) && n >= 0) || sizeOf(out) !== size) {
    throw new ShapeError(expectation('view', `a shape of ${size} elements`, `[${dims.join(', ')}]`));
  }
  return out;
}

export function checkPermutation(axes: readonly number[], rank: number): number[] {
  const order = axes.slice(0, MOST_AXES).map((axis) => indexWithin('permute', axis, rank));
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new ArgumentError(expectation('permute', `each of ${rank} axes once`, describe(axes)));
  }
  return order;
}
