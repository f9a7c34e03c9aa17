/** Element types of tensors by transformers.js' names. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { allItems } from '../options.js';
import { allocateArray } from '../tensor/allocate.js';
import { checkShape, type Shape, shapeText, sizeOf } from '../tensor/shape.js';
import { isDetached } from '../tensor/typed_array.js';

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array;
export type BigTypedArray = BigInt64Array | BigUint64Array;
export type AnyTypedArray = TypedArray | BigTypedArray;
// biome-ignore lint/suspicious/noExplicitAny: transformers.js' own type; a narrower one would not compile there
export type DataArray = AnyTypedArray | any[];

/** float16 is kept as its bits; nothing here computes with it. */
const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export type DataType = keyof typeof ARRAYS;

export function isBig(type: DataType): boolean {
  return type === 'int64' || type === 'uint64';
}

export function checkDataType(type: unknown): DataType {
  if (typeof type !== 'string' || !Object.hasOwn(ARRAYS, type)) {
    throw new ArgumentError(
      expectation('Tensor: type', `one of ${Object.keys(ARRAYS).join(', ')}`, describe(type)),
    );
  }
  return type as DataType;
}

/** Zeros. @throws MemoryError where there is no memory for so many */
export function emptyData(type: DataType, shape: Shape): AnyTypedArray {
  return allocateArray<AnyTypedArray>(ARRAYS[type], shape, 'a Tensor');
}

/** @throws ArgumentError where the memory of a tensor has been transferred, ShapeError where its dims do not fit it */
export function checkPresent(name: string, data: unknown, dims: readonly number[]): AnyTypedArray {
  const present = checkData(name, data);
  const size = sizeOf(checkShape(name, dims));
  if (size !== present.length) {
    throw new ShapeError(
      expectation(name, `${size} elements for dims ${shapeText(dims)}`, `${present.length} elements`),
    );
  }
  return present as AnyTypedArray;
}

/** An array of numbers of any kind that is still there. */
function checkData(name: string, values: unknown): ArrayLike<unknown> {
  if (Array.isArray(values)) return values as unknown[];
  if (!types.isTypedArray(values)) {
    throw new ArgumentError(expectation(`${name}: data`, 'an array of numbers', describe(values), 'type'));
  }
  if (isDetached(values)) {
    throw new ArgumentError(`${name}: the memory of its data has been transferred and is not here any more`, {
      argument: name,
      reason: 'buffer',
    });
  }
  return values;
}

/** Floor, as transformers.js has it. */
function whole(value: number | bigint): bigint {
  if (typeof value === 'bigint') return value;
  if (Number.isFinite(value)) return BigInt(Math.floor(value));
  throw new ArgumentError(expectation('Tensor: data', 'numbers that integers can hold', describe(value)));
}

/** @param big whether it is to become a bigint */
function isNumber(value: unknown, big: boolean): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && (!big || Number.isFinite(value)));
}

/** Takes typed arrays of the type as they are and copies anything else, whole numbers to and from bigints. */
export function dataOf(type: DataType, values: unknown): AnyTypedArray {
  const list = checkData('Tensor', values) as ArrayLike<number | bigint>;
  if (list instanceof (ARRAYS[type] as unknown as typeof Float32Array)) return list;
  const big = isBig(type);
  if (Array.isArray(list) && !allItems(list, (x) => isNumber(x, big))) {
    throw new ArgumentError(expectation('Tensor: data', 'an array of numbers', describe(values), 'type'));
  }
  const data = emptyData(type, [list.length]);
  const to = data as unknown as (number | bigint)[];
  for (let i = 0; i < list.length; i++) to[i] = big ? whole(list[i]!) : Number(list[i]);
  return data;
}
