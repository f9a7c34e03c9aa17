// Calls so small that they are all overhead: checks, the crossing into native code, the result's memory.
import { kernels } from '../../dist/index.js';
import { uniform } from './random.mjs';
import { attentionRow, matmulRow, softmaxRow } from './reference.mjs';

const N = 4;
const square = (seed) => ({ data: uniform(N * N, seed), shape: [N, N] });
const rows = ({ data }) =>
  Array.from({ length: N }, (_, i) => Float64Array.from(data.subarray(i * N, i * N + N)));

const a = square(1);
const b = square(2);
const c = square(3);
const packed = new kernels.PackedMatrix(b);

/** `expected` gives {value, bound} for each row of the result. */
export const CALL_CASES = [
  {
    name: 'matmul 4x4x4',
    run: () => kernels.matmul(a, b),
    expected: () => rows(a).map((row) => matmulRow(row, b.data, N)),
  },
  {
    name: 'matmul 4x4x4 packed, out',
    run: () => kernels.matmul(a, packed, { out: c }),
    expected: () => rows(a).map((row) => matmulRow(row, b.data, N)),
  },
  {
    name: 'matmulAsync 4x4x4',
    run: () => kernels.matmulAsync(a, b),
    expected: () => rows(a).map((row) => matmulRow(row, b.data, N)),
  },
  {
    name: 'softmax 4x4',
    run: () => kernels.softmax(a),
    expected: () => rows(a).map((row) => softmaxRow(row)),
  },
  {
    name: 'attention 4x4x4',
    run: () => kernels.attention(a, b, b),
    expected: () => rows(a).map((row) => attentionRow(row, b.data, b.data, N, 1 / Math.sqrt(N))),
  },
];
