/** Golden cases of test/golden/attention.json. */
import { readFileSync } from 'node:fs';
import { expectWithin, U } from './reference.js';

export interface GoldenTensor {
  shape: number[];
  data: number[];
}

export interface GoldenCase {
  name: string;
  config: Record<string, unknown>;
  weights?: Record<string, GoldenTensor>;
  inputs: Record<string, GoldenTensor>;
  masks?: Record<string, GoldenTensor>;
  options?: Record<string, unknown>;
  output: GoldenTensor;
  scores?: GoldenTensor;
}

export interface Goldens extends Record<string, unknown> {
  gelu: { x: GoldenTensor; erf: GoldenTensor; tanh: GoldenTensor };
}

export function goldenPath(name: string): string {
  return new URL(`../golden/${name}`, import.meta.url).pathname;
}

export function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(goldenPath(name), 'utf8')) as T;
}

export function tensor({ shape, data }: GoldenTensor) {
  return { shape, data: Float32Array.from(data) };
}

export function tensors(record: Record<string, GoldenTensor> | undefined) {
  return Object.fromEntries(Object.entries(record ?? {}).map(([name, t]) => [name, tensor(t)]));
}

export function masks(record: Record<string, GoldenTensor> | undefined) {
  return Object.fromEntries(
    Object.entries(record ?? {}).map(([name, t]) => [
      name,
      { shape: t.shape, data: Uint8Array.from(t.data) },
    ]),
  );
}

/**
 * Within `roundings` float32 roundings of the largest element: small layers chain a few sums of some ten terms,
 * whose errors are relative to the terms and not to each result.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
  roundings = 150,
): void {
  const value = Float64Array.from(expected);
  const largest = value.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  // Goldens themselves are kept with 9 digits.
  const bound = new Float64Array(value.length).fill(largest * (roundings * U + 1e-8));
  expectWithin(actual, { value, bound }, what);
}
