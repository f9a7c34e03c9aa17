/** Functions on plain arrays that programs import beside `pipeline`. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation } from '../errors.js';
import { allItems } from '../options.js';
import { isDetached } from '../tensor/typed_array.js';
import type { DataArray } from './tensor_types.js';

/** Numbers in an array of any kind; `DataArray` so that the data of a tensor is taken as it is. */
export type NumberArray = ArrayLike<number> | DataArray;

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** A list of numbers of any kind; typed arrays, of which there are many elements, are taken as they are. */
function checkNumbers(name: string, values: unknown): void {
  const typed = ArrayBuffer.isView(values) && !(values instanceof DataView);
  if (typed ? isDetached(values) : !numbers(values)) {
    throw new ArgumentError(expectation(name, 'an array of numbers', describe(values), 'type'));
  }
}

/** As `checkNumbers`, without bigints, which have no exponentials. */
function checkFloats(name: string, values: unknown): void {
  checkNumbers(name, values);
  const exact = Array.isArray(values)
    ? values.some((value) => typeof value === 'bigint')
    : types.isBigInt64Array(values) || types.isBigUint64Array(values);
  if (exact) {
    throw new ArgumentError(expectation(name, 'an array of numbers', 'bigints'));
  }
}

function numbers(values: unknown): boolean {
  return Array.isArray(values) && allItems(values, isNumeric);
}

function checkSameLength(name: string, a: NumberArray, b: NumberArray): void {
  checkNumbers(name, a);
  checkNumbers(name, b);
  if (a.length !== b.length) {
    throw new ArgumentError(expectation(name, `two arrays of ${a.length} numbers`, `${b.length} numbers`));
  }
}

export function dot(a: NumberArray, b: NumberArray): number {
  checkSameLength('dot', a, b);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Number(a[i]) * Number(b[i]);
  return sum;
}

export function cos_sim(a: NumberArray, b: NumberArray): number {
  checkSameLength('cos_sim', a, b);
  return dot(a, b) / (Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b)));
}

function largest(values: ArrayLike<number>): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) max = Math.max(max, values[i]!);
  return max;
}

/** An array of the kind that came in. */
export function softmax<A extends number[] | Float32Array | Float64Array>(values: A): A {
  checkFloats('softmax', values);
  const max = largest(values);
  const powers = Float64Array.from(values, (x) => Math.exp(x - max));
  const total = powers.reduce((sum, x) => sum + x, 0);
  return values.map((_: number, i: number) => powers[i]! / total) as A;
}

export function log_softmax<A extends number[] | Float32Array | Float64Array>(values: A): A {
  checkFloats('log_softmax', values);
  const max = largest(values);
  let total = 0;
  for (let i = 0; i < values.length; i++) total += Math.exp(values[i]! - max);
  const log = Math.log(total);
  return values.map((x: number) => x - max - log) as A;
}
