/** Products of each head's own columns with a matrix of its own, in one operation. */

import { Activation } from '../native/codes.js';
import type { NativePackedMatrix } from '../native/operations.js';
import type { Steps } from './run.js';

export interface HeadMatmul {
  heads: number;
  rows: number;
  /** [rows, heads * depth] */
  x: Float32Array;
  depth: number;
  /** [heads, depth, columns] */
  packed: NativePackedMatrix;
  columns: number;
  /** [heads, columns] */
  bias: Float32Array | null;
  /** [heads, rows, columns] */
  out: Float32Array;
}

/** y_h = x_h W_h + b_h, [heads, rows, columns]. */
export function* headMatmulSteps(p: HeadMatmul): Steps<Float32Array> {
  yield {
    name: 'matmul',
    options: {
      batch: p.heads,
      m: p.rows,
      n: p.columns,
      k: p.depth,
      a: p.x,
      aBatchStride: p.depth,
      aRowStride: p.heads * p.depth,
      transposeA: false,
      packed: p.packed,
      b: null,
      bBatchStride: 0,
      transposeB: false,
      bias: p.bias,
      biasBatchStride: p.columns,
      residual: null,
      activation: Activation.none,
      out: p.out,
    },
  };
  return p.out;
}
