/** Dense float32 tensors: a typed array and a shape, row-major. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { allocateBytes, allocateFloats } from './allocate.js';
import { checkShape, MOST_AXES, productOfOthers, type Shape, shapeText, sizeOf } from './shape.js';
import { checkBytes, checkFloats } from './typed_array.js';

/** What every function takes: ours, anything with `data` and `shape`, or transformers.js' `dims`. */
export type TensorLike =
  | { readonly data: Float32Array; readonly shape: Shape }
  | { readonly data: Float32Array; readonly dims: Shape };

/** The shape under either name, checked. */
export function shapeOf(name: string, tensor: TensorLike): Shape {
  return checkTensor(name, tensor).shape;
}

/** "Attend here" where not 0. */
export interface Mask {
  readonly data: Uint8Array;
  readonly shape: Shape;
}

/** A mask as callers give it: bytes with a shape, nested booleans, or a float tensor of zeros and ones, where 1 attends. */
export type MaskLike = Mask | TensorLike | NestedBooleans;
export type NestedBooleans = readonly boolean[] | readonly NestedBooleans[];

export type NestedNumbers = readonly number[] | readonly NestedNumbers[];

/** The longest array that `toArray` makes; longer ones are no plain arrays to the engine any more. */
const MOST_ITEMS = 2 ** 25;

/** Elements that nested arrays may have: arrays that share their parts have many more than memory holds. */
const MOST_NESTED = 2 ** 27;

/** Whether nested arrays of this shape can be made; tensors without elements may have any number of empty rows. */
export function checkNestable(name: string, shape: Shape): void {
  const empty = shape.indexOf(0);
  if (shape.some((size) => size > MOST_ITEMS) || (empty >= 0 && sizeOf(shape.slice(0, empty)) > MOST_ITEMS)) {
    throw new ShapeError(
      expectation(name, `at most ${MOST_ITEMS} items an array`, `shape ${shapeText(shape)}`),
    );
  }
}

export class Tensor {
  readonly data: Float32Array;
  readonly shape: Shape;

  /** Holds `data` without copying it; its length must equal the product of `shape`. */
  constructor(data: Float32Array, shape: Shape) {
    const view = checkTensor('Tensor', { data, shape });
    this.data = view.data;
    this.shape = Object.freeze(view.shape);
  }

  static zeros(shape: Shape): Tensor {
    const checked = checkShape('Tensor', shape);
    return new Tensor(allocateFloats(checked, 'a Tensor'), checked);
  }

  /** From a nested array of numbers, or from a flat one and its shape. */
  static from(values: NestedNumbers | TensorLike, shape?: Shape): Tensor {
    if (!Array.isArray(values)) {
      const view = checkTensor('values', values as TensorLike);
      return new Tensor(view.data, shape ?? view.shape);
    }
    const flat = flatten('values', values, 'number', allocateFloats);
    return new Tensor(flat.data, shape ?? flat.shape);
  }

  get size(): number {
    return this.data.length;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** The same data under another shape of the same size. */
  reshape(shape: Shape): Tensor {
    return new Tensor(this.data, shape);
  }

  /** Nested arrays of numbers; a number for a scalar. */
  toArray(): unknown {
    checkNestable('toArray', this.shape);
    const build = (axis: number, start: number, length: number): unknown => {
      if (axis === this.shape.length) return this.data[start];
      const count = this.shape[axis]!;
      const step = count === 0 ? 0 : length / count;
      return Array.from({ length: count }, (_, i) => build(axis + 1, start + i * step, step));
    };
    return build(0, 0, this.data.length);
  }

  toString(): string {
    return `Tensor ${shapeText(this.shape)}`;
  }
}

function flatten<A extends Float32Array | Uint8Array>(
  name: string,
  values: unknown,
  type: 'number' | 'boolean',
  allocate: (shape: Shape, name: string) => A,
): { data: A; shape: number[] } {
  const shape: number[] = [];
  for (let level = values; Array.isArray(level); level = level[0]) {
    // Deeper ones are arrays that hold themselves.
    if (shape.push(level.length) > MOST_AXES) {
      throw new ShapeError(expectation(name, `arrays nested at most ${MOST_AXES} deep`, 'deeper ones'));
    }
  }
  // Empty ones count too: all of them are looked at.
  const count = productOfOthers(shape);
  if (count > MOST_NESTED) {
    throw new ShapeError(
      expectation(name, `nested arrays of at most ${MOST_NESTED} ${type}s`, `shape ${shapeText(shape)}`),
    );
  }
  const data = allocate(shape, name);
  let at = 0;
  const visit = (level: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof level !== type) throw new ArgumentError(expectation(name, `only ${type}s`, describe(level)));
      data[at++] = Number(level);
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[axis]) {
      throw new ShapeError(
        expectation(name, `nested arrays of shape ${shapeText(shape)}`, `${describe(level)} at axis ${axis}`),
      );
    }
    for (let i = 0; i < shape[axis]!; i++) visit(level[i], axis + 1);
  };
  visit(values, 0);
  return { data, shape };
}

/** The data and shape of anything that is a tensor, checked. */
export function checkTensor(
  name: string,
  value: TensorLike,
): { readonly data: Float32Array; readonly shape: Shape } {
  const candidate = value as { data?: unknown; shape?: unknown; dims?: unknown } | null | undefined;
  if (typeof candidate !== 'object' || candidate === null) {
    throw new ArgumentError(expectation(name, 'a tensor {data: Float32Array, shape}', describe(value)));
  }
  const data = checkFloats(`${name}.data`, candidate.data);
  const shape = checkShape(name, candidate.shape ?? candidate.dims);
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(
      expectation(name, `${sizeOf(shape)} elements for shape ${shapeText(shape)}`, `${data.length} elements`),
    );
  }
  return { data, shape };
}

/** Bytes and shape of anything that is a mask, checked. */
export function checkMask(name: string, value: MaskLike): Mask {
  if (Array.isArray(value)) {
    return flatten(name, value, 'boolean', allocateBytes);
  }
  const candidate = value as { data?: unknown; shape?: unknown; dims?: unknown } | null | undefined;
  const given = typeof candidate === 'object' && candidate !== null ? candidate.data : undefined;
  if (types.isUint8Array(given)) {
    const shape = checkShape(name, candidate!.shape ?? candidate!.dims);
    const data = checkBytes(`${name}.data`, given);
    if (sizeOf(shape) !== data.length) {
      throw new ShapeError(
        expectation(
          name,
          `${sizeOf(shape)} elements for shape ${shapeText(shape)}`,
          `${data.length} elements`,
        ),
      );
    }
    return { data, shape };
  }
  if (types.isFloat32Array(given)) {
    const tensor = checkTensor(name, value as TensorLike);
    // An additive mask, 0 where positions attend, would be read upside down.
    const wrong = tensor.data.find((x) => x !== 0 && x !== 1);
    if (wrong !== undefined) {
      const received = `${wrong}; an additive mask, as PyTorch has them, is turned around by masksFromTorch`;
      throw new ArgumentError(expectation(name, 'numbers 0 and 1, where 1 attends', received));
    }
    const bytes = allocateBytes(tensor.shape);
    bytes.set(tensor.data);
    return { data: bytes, shape: tensor.shape };
  }
  throw new ArgumentError(
    expectation(name, 'a mask {data: Uint8Array, shape} or nested booleans, true = attend', describe(value)),
  );
}
