/** What the kernels of this backend have in common. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { SyntheticBackend } from '../synthetic_backend.js';

/** One call; which inputs and attributes there are is said by the names of tfjs-core's kernels. */
export interface Call {
  backend: SyntheticBackend;
  inputs: Record<string, TensorInfo>;
  attrs: Record<string, unknown>;
}

/**
 * The result, or undefined where the kernel of tfjs-backend-cpu is to run: for other types than float32, for small
 * sizes, and for arguments that are not right, of which it says so in TensorFlow.js' own words.
 */
export type Kernel = (call: Call) => TensorInfo | TensorInfo[] | undefined;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const isFloat = (...infos: (TensorInfo | undefined)[]): boolean =>
  infos.every((info) => info === undefined || info.dtype === 'float32');

/** Strides of a contiguous tensor, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}

/** Axes of an attribute, ascending and not negative; undefined where one is out of range. */
export function axesOf(axis: unknown, rank: number): number[] | undefined {
  const given =
    axis === undefined || axis === null ? Array.from({ length: rank }, (_, i) => i) : [axis].flat();
  const axes = [...new Set(given.map((a) => ((a as number) < 0 ? (a as number) + rank : (a as number))))];
  const right = axes.every((a) => Number.isInteger(a) && a >= 0 && a < rank);
  return right ? axes.sort((a, b) => a - b) : undefined;
}
