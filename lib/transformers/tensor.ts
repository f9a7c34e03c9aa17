/**
 * Tensors with transformers.js' names: `dims`, `data`, `type`, rows by index and by iteration. Rows, views and
 * unsqueezed tensors share the data of the tensor that they come from.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { checkShape, shapeText, sizeOf } from '../tensor/shape.js';
import {
  checkPermutation,
  flattened,
  indexWithin,
  type Slice,
  sliceAxis,
  squeezed,
  stridesOf,
  unsqueezed,
  viewed,
} from './tensor_axes.js';
import { gather } from './tensor_gather.js';
import { Indexed } from './tensor_index.js';
import { argumentOf, normOf, type Reduced, reduce } from './tensor_reduce.js';
import {
  type AnyTypedArray,
  checkDataType,
  type DataArray,
  type DataType,
  dataOf,
  emptyData,
  isBig,
} from './tensor_types.js';

export class Tensor extends Indexed {
  /** Rows, as `tensor[0]`; a tensor of one element and no axes for a tensor of one axis. */
  [index: number]: Tensor;

  readonly type: DataType;
  readonly data: DataArray;
  dims: number[];
  readonly location = 'cpu';

  /** Holds a typed array of the right type without copying it; numbers are converted. */
  constructor(type: DataType, data: DataArray, dims: readonly number[]) {
    super();
    this.type = checkDataType(type);
    this.data = dataOf(this.type, data);
    this.dims = [...checkShape('Tensor', dims)];
    if (sizeOf(this.dims) !== this.data.length) {
      throw new ShapeError(
        expectation(
          'Tensor',
          `${sizeOf(this.dims)} elements for dims ${shapeText(this.dims)}`,
          `${this.data.length} elements`,
        ),
      );
    }
  }

  get size(): number {
    return this.data.length;
  }

  /** For programs that dispose of tensors: the garbage collector frees this one. */
  dispose(): void {}

  /** Rows; the numbers themselves where there is but one axis. */
  // biome-ignore lint/suspicious/noExplicitAny: transformers.js' own type
  *[Symbol.iterator](): IterableIterator<any> {
    if (this.dims.length === 0) throw new ShapeError(expectation('Tensor', 'an axis to go over', 'a scalar'));
    if (this.dims.length === 1) yield* this.data;
    else for (let i = 0; i < this.dims[0]!; i++) yield this.row(i);
  }

  /** What `tensor[index]` gives. */
  row(index: number): Tensor {
    if (this.dims.length === 0) throw new ShapeError(expectation('Tensor', 'an axis to index', 'a scalar'));
    const at = indexWithin('Tensor: index', index, this.dims[0]!);
    const dims = this.dims.slice(1);
    const length = sizeOf(dims);
    return new Tensor(this.type, this.array.subarray(at * length, (at + 1) * length), dims);
  }

  item(): number | bigint {
    if (this.data.length !== 1) {
      throw new ShapeError(expectation('item', 'a tensor of one element', `${this.data.length} elements`));
    }
    return this.data[0] as number | bigint;
  }

  /** Nested arrays of numbers (bigints for 64-bit integers). */
  // biome-ignore lint/suspicious/noExplicitAny: transformers.js' own type
  tolist(): any[] {
    const build = (axis: number, start: number, length: number): unknown => {
      if (axis === this.dims.length) return this.data[start];
      if (axis === this.dims.length - 1) return Array.from(this.array.subarray(start, start + length));
      const count = this.dims[axis]!;
      const step = count === 0 ? 0 : length / count;
      return Array.from({ length: count }, (_, i) => build(axis + 1, start + i * step, step));
    };
    return build(0, 0, this.data.length) as unknown[];
  }

  clone(): Tensor {
    return new Tensor(this.type, this.array.slice(), this.dims);
  }

  to(type: DataType): Tensor {
    return type === this.type ? this : new Tensor(type, this.data, this.dims);
  }

  /** One axis after the other: an index takes one row and drops the axis, [start, end] a range, null all. */
  slice(...slices: Slice[]): Tensor {
    if (slices.length > this.dims.length) {
      throw new ArgumentError(
        expectation('slice', `at most ${this.dims.length} axes`, String(slices.length)),
      );
    }
    const axes = this.dims.map((size, axis) => sliceAxis(axis, slices[axis], size));
    const strides = stridesOf(this.dims);
    const offset = axes.reduce((sum, { start }, i) => sum + start * strides[i]!, 0);
    const sizes = axes.map(({ start, end }) => end - start);
    return this.gathered(
      offset,
      sizes,
      strides,
      sizes.filter((_, i) => axes[i]!.kept),
    );
  }

  permute(...axes: number[]): Tensor {
    const order = checkPermutation(axes, this.dims.length);
    const strides = stridesOf(this.dims);
    const dims = order.map((axis) => this.dims[axis]!);
    return this.gathered(
      0,
      dims,
      order.map((axis) => strides[axis]!),
      dims,
    );
  }

  /** transformers.js' alias of `permute`: every axis is named. */
  transpose(...axes: number[]): Tensor {
    return this.permute(...axes);
  }

  stride(): number[] {
    return stridesOf(this.dims);
  }

  view(...dims: number[]): Tensor {
    return new Tensor(this.type, this.data, viewed(this.data.length, dims));
  }

  reshape(...dims: number[]): Tensor {
    return this.view(...dims);
  }

  squeeze(axes: number | number[] | null = null): Tensor {
    return new Tensor(this.type, this.data, squeezed(this.dims, axes));
  }

  squeeze_(axes: number | number[] | null = null): this {
    this.dims = squeezed(this.dims, axes);
    return this;
  }

  unsqueeze(axis: number): Tensor {
    return new Tensor(this.type, this.data, unsqueezed(this.dims, axis));
  }

  unsqueeze_(axis: number): this {
    this.dims = unsqueezed(this.dims, axis);
    return this;
  }

  flatten(first = 0, last = -1): Tensor {
    return new Tensor(this.type, this.array.slice(), flattened(this.dims, first, last));
  }

  flatten_(first = 0, last = -1): this {
    this.dims = flattened(this.dims, first, last);
    return this;
  }

  // biome-ignore lint/suspicious/noExplicitAny: transformers.js' own type; numbers, or bigints
  map(callback: (value: any, index: number, data: DataArray) => any): Tensor {
    return this.clone().map_(callback);
  }

  // biome-ignore lint/suspicious/noExplicitAny: transformers.js' own type; numbers, or bigints
  map_(callback: (value: any, index: number, data: DataArray) => any): this {
    if (typeof callback !== 'function') {
      throw new ArgumentError(expectation('map', 'a function', describe(callback)));
    }
    for (let i = 0; i < this.data.length; i++) this.data[i] = callback(this.data[i], i, this.data);
    return this;
  }

  add(value: number): Tensor {
    return this.clone().add_(value);
  }

  add_(value: number): this {
    this.checkScalars('add', value);
    return this.map_((x) => x + value);
  }

  sub(value: number): Tensor {
    return this.clone().sub_(value);
  }

  sub_(value: number): this {
    this.checkScalars('sub', value);
    return this.map_((x) => x - value);
  }

  mul(value: number): Tensor {
    return this.clone().mul_(value);
  }

  mul_(value: number): this {
    this.checkScalars('mul', value);
    return this.map_((x) => x * value);
  }

  div(value: number): Tensor {
    return this.clone().div_(value);
  }

  div_(value: number): this {
    this.checkScalars('div', value);
    return this.map_((x) => x / value);
  }

  neg(): Tensor {
    return this.clone().neg_();
  }

  neg_(): this {
    return this.map_((x) => -x);
  }

  sigmoid(): Tensor {
    return this.clone().sigmoid_();
  }

  sigmoid_(): this {
    return this.map_((x) => 1 / (1 + Math.exp(-x)));
  }

  clamp(low: number, high: number): Tensor {
    return this.clone().clamp_(low, high);
  }

  clamp_(low: number, high: number): this {
    this.checkScalars('clamp', low, high);
    return this.map_((x) => Math.min(Math.max(x, low), high));
  }

  round(): Tensor {
    return this.clone().round_();
  }

  round_(): this {
    return this.map_(Math.round);
  }

  gt(value: number): Tensor {
    this.checkScalars('gt', value);
    return new Tensor(
      'bool',
      Uint8Array.from(this.array as Float32Array, (x) => (x > value ? 1 : 0)),
      this.dims,
    );
  }

  lt(value: number): Tensor {
    this.checkScalars('lt', value);
    return new Tensor(
      'bool',
      Uint8Array.from(this.array as Float32Array, (x) => (x < value ? 1 : 0)),
      this.dims,
    );
  }

  sum(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduce('sum', this.typed, axis, keepAxis, 0, (total, x) => total + x));
  }

  mean(axis: number | null = null, keepAxis = false): Tensor {
    const add = (total: number, x: number): number => total + x;
    return this.reduced(reduce('mean', this.typed, axis, keepAxis, 0, add, (total, n) => total / n));
  }

  min(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduce('min', this.typed, axis, keepAxis, Number.POSITIVE_INFINITY, Math.min));
  }

  max(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduce('max', this.typed, axis, keepAxis, Number.NEGATIVE_INFINITY, Math.max));
  }

  argmin(): Tensor {
    return new Tensor('int64', [BigInt(argumentOf('argmin', this.array, (a, b) => a < b))], []);
  }

  argmax(): Tensor {
    return new Tensor('int64', [BigInt(argumentOf('argmax', this.array, (a, b) => a > b))], []);
  }

  norm(p: number | string = 'fro', axis: number | null = null, keepAxis = false): Tensor {
    const power = p === 'fro' ? 2 : p;
    if (typeof power !== 'number' || !(power > 0)) {
      throw new ArgumentError(expectation('norm: p', '"fro" or a positive number', describe(p)));
    }
    return this.reduced(normOf('norm', this.typed, power, axis, keepAxis));
  }

  /** Vectors along `axis` are scaled to unit length. */
  normalize(p = 2, axis = 1): Tensor {
    return this.clone().normalize_(p, axis);
  }

  normalize_(p = 2, axis = 1): this {
    if (typeof p !== 'number' || !(p > 0)) {
      throw new ArgumentError(expectation('normalize: p', 'a positive number', describe(p)));
    }
    const at = indexWithin('normalize: dim', axis, this.dims.length);
    const { values } = normOf('normalize', this.typed, p, at, true);
    const inner = sizeOf(this.dims.slice(at + 1));
    const block = this.dims[at]! * inner;
    // A vector of zeros stays one: padding has no direction, and NaN would spread.
    return this.map_((x, i) => x / (values[Math.floor(i / block) * inner + (i % inner)]! || 1));
  }

  /** 64-bit integers are calculated with bigints, everything else with numbers. */
  private checkScalars(name: string, ...values: unknown[]): void {
    const type = isBig(this.type) ? 'bigint' : 'number';
    for (const value of values) {
      if (typeof value !== type) {
        throw new ArgumentError(expectation(name, `a ${type}`, describe(value)));
      }
    }
  }

  private get array(): AnyTypedArray & Float32Array {
    return this.data as Float32Array;
  }

  private get typed(): { data: AnyTypedArray; dims: readonly number[] } {
    return { data: this.array, dims: this.dims };
  }

  private gathered(
    offset: number,
    sizes: readonly number[],
    strides: readonly number[],
    dims: readonly number[],
  ): Tensor {
    const out = emptyData(this.type, sizeOf(sizes));
    if (out.length > 0) gather(this.array, out, offset, sizes, strides);
    return new Tensor(this.type, out, dims);
  }

  private reduced({ values, dims }: Reduced): Tensor {
    return new Tensor(this.type, isBig(this.type) ? values.map((x) => BigInt(Math.trunc(x))) : values, dims);
  }
}
