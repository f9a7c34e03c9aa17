/**
 * Tensors with transformers.js' names: `dims`, `data`, `type`, rows by index and by iteration. Rows, views and
 * unsqueezed tensors share the data of the tensor that they come from.
 */
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { checkShape, sizeOf } from '../tensor/shape.js';
import { checkNestable } from '../tensor/tensor.js';
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
import { argumentOf, normOf, type Reduced, reduceBy } from './tensor_reduce.js';
import {
  type AnyTypedArray,
  checkDataType,
  checkPresent,
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
    checkPresent('Tensor', this.data, this.dims);
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
    if (this.dims.length === 1) yield* this.array;
    // Those without elements may have any number of rows.
    else if (this.array.length === 0) checkNestable('Tensor', this.dims);
    if (this.dims.length > 1) for (let i = 0; i < this.dims[0]!; i++) yield this.row(i);
  }

  /** What `tensor[index]` gives. */
  row(index: number): Tensor {
    if (this.dims.length === 0) throw new ShapeError(expectation('Tensor', 'an axis to index', 'a scalar'));
    const { array } = this;
    const at = indexWithin('Tensor: index', index, this.dims[0]!);
    const dims = this.dims.slice(1);
    const length = sizeOf(dims);
    return new Tensor(this.type, array.subarray(at * length, (at + 1) * length), dims);
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
    const { array } = this;
    checkNestable('tolist', this.dims);
    const build = (axis: number, start: number, length: number): unknown => {
      if (axis === this.dims.length) return array[start];
      if (axis === this.dims.length - 1) return Array.from(array.subarray(start, start + length));
      const count = this.dims[axis]!;
      const step = count === 0 ? 0 : length / count;
      return Array.from({ length: count }, (_, i) => build(axis + 1, start + i * step, step));
    };
    return build(0, 0, array.length) as unknown[];
  }

  clone(): Tensor {
    return new Tensor(this.type, this.copied(), this.dims);
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
    return new Tensor(this.type, this.copied(), flattened(this.dims, first, last));
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
      throw new ArgumentError(expectation('map', 'a function', describe(callback), 'type'));
    }
    const data = this.array as unknown as unknown[];
    const type = isBig(this.type) ? 'bigint' : 'number';
    for (let i = 0; i < data.length; i++) {
      const value: unknown = callback(data[i], i, this.data);
      // Typed arrays refuse some other values, and make NaN or 0 of the rest.
      if (typeof value !== type && typeof value !== 'boolean') {
        throw new ArgumentError(expectation('map: result', `a ${type}`, describe(value)));
      }
      data[i] = value;
    }
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
    if (typeof value === 'bigint' && value === 0n) {
      throw new ArgumentError(expectation('div', 'another number than 0 for integers', '0'));
    }
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
    this.checkFloats('sigmoid');
    return this.map_((x) => 1 / (1 + Math.exp(-x)));
  }

  clamp(low: number, high: number): Tensor {
    return this.clone().clamp_(low, high);
  }

  clamp_(low: number, high: number): this {
    this.checkScalars('clamp', low, high);
    if (!isBig(this.type)) return this.map_((x) => Math.min(Math.max(x, low), high));
    const raised = (x: number) => (x < low ? low : x);
    return this.map_((x) => (raised(x) > high ? high : raised(x)));
  }

  round(): Tensor {
    return this.clone().round_();
  }

  round_(): this {
    // Integers are round.
    return this.map_(isBig(this.type) ? (x) => x : Math.round);
  }

  gt(value: number): Tensor {
    this.checkScalars('gt', value);
    return this.compared((x) => x > value);
  }

  lt(value: number): Tensor {
    this.checkScalars('lt', value);
    return this.compared((x) => x < value);
  }

  sum(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduceBy('sum', this.typed, axis, keepAxis));
  }

  mean(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduceBy('mean', this.typed, axis, keepAxis));
  }

  min(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduceBy('min', this.typed, axis, keepAxis));
  }

  max(axis: number | null = null, keepAxis = false): Tensor {
    return this.reduced(reduceBy('max', this.typed, axis, keepAxis));
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
    this.checkFloats('normalize');
    // Vectors without elements may be any number, and none of them changes.
    if (this.array.length === 0) return this;
    const { values } = normOf('normalize', this.typed, p, at, true, 'float64');
    const inner = sizeOf(this.dims.slice(at + 1));
    const block = this.dims[at]! * inner;
    // A vector of zeros stays one: padding has no direction, and NaN would spread.
    return this.map_((x, i) => x / (Number(values[Math.floor(i / block) * inner + (i % inner)]) || 1));
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

  /** These results are no integers. */
  private checkFloats(name: string): void {
    if (isBig(this.type)) throw new ArgumentError(expectation(name, 'a tensor of floats', this.type));
  }

  /** The data as it is now: programs may transfer its memory, or set other dims. */
  private get array(): AnyTypedArray & Float32Array {
    return checkPresent('Tensor', this.data, this.dims) as Float32Array;
  }

  private get typed(): { type: DataType; data: AnyTypedArray; dims: readonly number[] } {
    return { type: this.type, data: this.array, dims: this.dims };
  }

  private copied(): AnyTypedArray {
    const { array } = this;
    const copy = emptyData(this.type, [array.length]) as Float32Array;
    copy.set(array);
    return copy;
  }

  private compared(holds: (x: number) => boolean): Tensor {
    const { array } = this;
    const out = emptyData('bool', [array.length]);
    for (let i = 0; i < array.length; i++) out[i] = holds(array[i]!) ? 1 : 0;
    return new Tensor('bool', out, this.dims);
  }

  private gathered(
    offset: number,
    sizes: readonly number[],
    strides: readonly number[],
    dims: readonly number[],
  ): Tensor {
    const { array } = this;
    const out = emptyData(this.type, sizes);
    if (out.length > 0) gather(array, out, offset, sizes, strides);
    return new Tensor(this.type, out, dims);
  }

  private reduced({ values, dims }: Reduced): Tensor {
    return new Tensor(this.type, values, dims);
  }
}
