/** Element types of tensors by transformers.js' names. */
import { ArgumentError, describe, expectation } from '../errors.js';

import { allItems } from '../options.js';
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

interface ArrayOf {
  new (length: number): AnyTypedArray;
  from(values: Iterable<number | bigint>): AnyTypedArray;
}

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

export function emptyData(type: DataType, length: number): AnyTypedArray {
  return new (ARRAYS[type] as unknown as ArrayOf)(length);
}

/** @param whole whether it is to become a bigint */
function isNumber(value: unknown, whole: boolean): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && (!whole || Number.isFinite(value)));
}

/** Takes typed arrays of the type as they are and copies anything else, whole numbers to and from bigints. */
export function dataOf(type: DataType, values: unknown): AnyTypedArray {
  const array = ARRAYS[type] as unknown as ArrayOf;
  if (values instanceof (array as unknown as typeof Float32Array)) return values;
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
    throw new ArgumentError(expectation('Tensor: data', 'an array of numbers', describe(values)));
  }
  if (ArrayBuffer.isView(values) ? isDetached(values) : !allItems(values, (x) => isNumber(x, isBig(type)))) {
    throw new ArgumentError(expectation('Tensor: data', 'an array of numbers', describe(values)));
  }
  const list = values as unknown as (number | bigint)[];
  const whole = (x: number | bigint): bigint => (typeof x === 'bigint' ? x : BigInt(Math.floor(Number(x))));
  return array.from(isBig(type) ? Array.from(list, whole) : Array.from(list, Number));
}
