/** Inputs and small float64 linear algebra for tests of layers. */
import { Tensor } from '../../lib/tensor/tensor.js';
import { uniform } from './random.js';

export type Matrix = number[][];

/** Uniform in [-1, 1]. */
export function random(seed: number, ...shape: number[]): Tensor {
  return new Tensor(
    uniform(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
    shape,
  );
}

/** Rows of one sequence [1, length, features], or of one matrix [rows, columns]. */
export function matrix(tensor: Tensor): Matrix {
  const rows = tensor.toArray() as Matrix | Matrix[];
  return (tensor.rank === 3 ? rows[0] : rows) as Matrix;
}

export function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));
}

export function transposed(a: Matrix): Matrix {
  return a[0]!.map((_, j) => a.map((row) => row[j]!));
}

export function plus(a: Matrix, b: Matrix, factor = 1): Matrix {
  return a.map((row, i) => row.map((x, j) => x + factor * b[i]![j]!));
}

export function softmaxRows(a: Matrix): Matrix {
  return a.map((row) => {
    const top = Math.max(...row);
    const powers = row.map((x) => Math.exp(x - top));
    const total = powers.reduce((sum, x) => sum + x, 0);
    return powers.map((x) => x / total);
  });
}

/** Columns of head h of a kernel [rows, heads, columns]. */
export function headColumns(kernel: Tensor, h: number): Matrix {
  return (kernel.toArray() as number[][][]).map((row) => row[h]!);
}

/** Largest difference of an output [1, rows, columns] from a matrix. */
export function largestDifference(actual: Tensor, expected: Matrix): number {
  return Math.max(...matrix(actual).flatMap((row, i) => row.map((x, j) => Math.abs(x - expected[i]![j]!))));
}
