/** How the native kernel computes a product of stacks of matrices, [..., m, k] times [..., k, n] with leading axes that broadcast. */
import { type Shape, sizeOf } from '../tensor/shape.js';

export type ProductPlan =
  /** One B for all: the stack is only more rows of one product. */
  | { way: 'rows' }
  /** One call: from one product to the next each operand moves on by so many matrices, 0 or 1. */
  | { way: 'stack'; a: number; b: number }
  /** A call for each product; the matrix of each, counted in matrices. */
  | { way: 'each'; a: readonly number[]; b: readonly number[] };

/** @param batch the leading axes of the result */
export function planProduct(aBatch: Shape, bBatch: Shape, batch: Shape, transposeA: boolean): ProductPlan {
  const [a, b, count] = [sizeOf(aBatch), sizeOf(bBatch), sizeOf(batch)];
  if (b === 1 && !transposeA && a === count) return { way: 'rows' };
  if ((a === count || a === 1) && (b === count || b === 1)) {
    return { way: 'stack', a: a === 1 ? 0 : 1, b: b === 1 ? 0 : 1 };
  }
  return { way: 'each', a: matrixIndices(aBatch, batch), b: matrixIndices(bBatch, batch) };
}

/** Which of the matrices of `own` each one of `full` is, where `own` is broadcast to it. */
export function matrixIndices(own: Shape, full: Shape): number[] {
  let indices = [0];
  let stride = sizeOf(own);
  for (let i = 0; i < full.length; i++) {
    const size = own[own.length - full.length + i] ?? 1;
    stride = size === 0 ? 0 : stride / size;
    const step = size === 1 ? 0 : stride;
    indices = indices.flatMap((base) => Array.from({ length: full[i]! }, (_, j) => base + j * step));
  }
  return indices;
}
