/** Pooling of hidden states outside of the native job: several modes at once, and the first token behind a prompt. */
import type { PoolingMode } from '../types.js';

interface Sequence {
  states: Float32Array;
  columns: number;
  /** Rows of `states`. */
  begin: number;
  end: number;
  /** Tokens of the prompt that take no part, fewer than the sequence has where possible. */
  skip: number;
}

/**
 * @param states [offsets.at(-1), columns], sequences end to end
 * @param out [sequences, modes.length * columns]
 */
export function poolTokens(
  states: Float32Array,
  columns: number,
  offsets: Int32Array,
  modes: readonly PoolingMode[],
  skip: number,
  out: Float32Array,
): void {
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [begin, end] = [offsets[i]!, offsets[i + 1]!];
    const sequence = { states, columns, begin, end, skip: Math.min(skip, end - begin) };
    for (const [j, mode] of modes.entries()) {
      const at = (i * modes.length + j) * columns;
      pool(sequence, mode, out.subarray(at, at + columns));
    }
  }
}

function pool(sequence: Sequence, mode: PoolingMode, out: Float32Array): void {
  const { states, columns, begin, end, skip } = sequence;
  if (mode === 'lasttoken' || mode === 'cls') {
    // Where nothing is left behind the prompt, sentence-transformers takes the first token of all.
    const first = begin + skip < end ? begin + skip : begin;
    const row = mode === 'cls' ? first : end - 1;
    out.set(states.subarray(row * columns, (row + 1) * columns));
  } else if (mode === 'max') {
    out.fill(begin + skip < end ? Number.NEGATIVE_INFINITY : 0);
    for (let row = begin + skip; row < end; row++) {
      for (let j = 0; j < columns; j++) out[j] = Math.max(out[j]!, states[row * columns + j]!);
    }
  } else {
    average(sequence, mode, out);
  }
}

function average(sequence: Sequence, mode: PoolingMode, out: Float32Array): void {
  const { states, columns, begin, end, skip } = sequence;
  // In float64: order and length of the sum leave no mark.
  const sums = new Float64Array(columns);
  let weights = 0;
  for (let row = begin + skip; row < end; row++) {
    // Tokens behind a prompt keep the weights of their places.
    const weight = mode === 'weightedmean' ? row - begin + 1 : 1;
    weights += weight;
    for (let j = 0; j < columns; j++) sums[j]! += weight * states[row * columns + j]!;
  }
  const divisor = mode === 'mean_sqrt_len' ? Math.sqrt(weights) : weights;
  for (let j = 0; j < columns; j++) out[j] = weights === 0 ? 0 : sums[j]! / divisor;
}
