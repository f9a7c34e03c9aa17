/** Shapes: lists of non-negative integers, outermost axis first. */
import { ArgumentError, describe, expectation, type Reason, ShapeError } from '../errors.js';

export type Shape = readonly number[];

/** Elements of a tensor of this shape; 1 for a scalar's empty shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

export function shapeText(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** More axes than any tensor has; a bound for what walks over shapes and nested arrays. */
export const MOST_AXES = 64;

/** The largest product of a shape's axes, those of size 0 left out: native code counts with no larger numbers. */
const LARGEST_PRODUCT = 2 ** 48;

/** The product of all axes but those of size 0. */
export function productOfOthers(shape: Shape): number {
  let product = 1;
  for (const dimension of shape) if (dimension !== 0) product *= dimension;
  return product;
}

/** A plain array of the caller's sizes, each of them read once; undefined where one is no size. */
function copyOf(shape: unknown): number[] | undefined {
  if (!Array.isArray(shape)) return undefined;
  const { length } = shape;
  if (!(length <= MOST_AXES)) return undefined;
  const copy: number[] = [];
  // Methods and iterators of a subclass are the caller's own code, which may tell anything about its elements.
  for (let i = 0; i < length; i++) {
    const size: unknown = shape[i];
    if (!Number.isSafeInteger(size) || (size as number) < 0) return undefined;
    copy.push(size as number);
  }
  return copy;
}

/** A copy of the shape, checked: an array of non-negative integers whose product is exact. */
export function checkShape(name: string, shape: unknown): Shape {
  const copy = copyOf(shape);
  if (copy === undefined) {
    throw new ShapeError(
      expectation(`${name}.shape`, 'an array of non-negative integers', describe(shape), 'type'),
    );
  }
  if (productOfOthers(copy) > LARGEST_PRODUCT) {
    throw new ShapeError(
      expectation(
        `${name}.shape`,
        'axes whose product is at most 2^48, empty ones left out',
        shapeText(copy),
      ),
    );
  }
  return copy;
}

/** A shape that ends with the features; of the other axes TensorFlow.js may not know the size yet, and says null. */
export function checkFeatureShape(name: string, shape: unknown): Shape {
  const given = Array.isArray(shape) ? (shape as unknown[]) : [];
  const rank = given.length <= MOST_AXES ? given.length : 0;
  const copy: (number | null)[] = [];
  for (let i = 0; i < rank; i++) copy.push(given[i] as number | null);
  const known = (d: unknown) => d === null || (Number.isSafeInteger(d) && (d as number) >= 0);
  if (!(rank > 0 && copy.every(known) && Number(copy[rank - 1]) >= 1)) {
    throw new ShapeError(expectation(name, 'a shape that ends with the features', describe(shape)));
  }
  return copy as Shape;
}

export function checkRank(name: string, shape: Shape, rank: number, axes: string): void {
  if (shape.length !== rank) {
    throw new ShapeError(expectation(name, `rank ${rank} ${axes}`, `shape ${shapeText(shape)}`));
  }
}

export function checkMinimumRank(name: string, shape: Shape, rank: number, axes: string): void {
  if (shape.length < rank) {
    throw new ShapeError(expectation(name, `rank ${rank} or more ${axes}`, `shape ${shapeText(shape)}`));
  }
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

export function checkSameShape(name: string, shape: Shape, expected: Shape): void {
  if (!sameShape(shape, expected)) {
    throw new ShapeError(expectation(name, `shape ${shapeText(expected)}`, shapeText(shape)));
  }
}

/** `axis` of `name` must measure `expected`. */
export function checkDimension(
  name: string,
  axis: string,
  actual: number | undefined,
  expected: number,
): void {
  if (actual !== expected) {
    throw new ShapeError(expectation(`${name}: ${axis}`, String(expected), String(actual)));
  }
}

/** The shape that both broadcast to (NumPy's rule), or undefined. */
export function broadcastShapes(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) return undefined;
    out.push(x === 1 ? y : x);
  }
  return out;
}

/** Whether it is no number at all, or not one of those that are taken. */
const typeOrRange = (value: unknown): Reason => (typeof value === 'number' ? 'range' : 'type');

export function checkPositiveInteger(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new ArgumentError(expectation(name, 'a positive integer', describe(value), typeOrRange(value)));
  }
  return value as number;
}

export function checkFiniteNumber(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(Math.fround(value))) {
    throw new ArgumentError(expectation(name, 'a finite number', describe(value), typeOrRange(value)));
  }
  return value;
}

export function checkBoolean(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new ArgumentError(expectation(name, 'a boolean', describe(value), 'type'));
  }
  return value;
}
