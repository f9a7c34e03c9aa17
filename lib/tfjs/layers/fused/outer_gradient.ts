/** The gradient of logits_j = A[j mod a] * B[floor(j / a)] by A and B, row by row. */
import type { Workspace } from './workspace.js';

/**
 * One pass over the logits; A and B have few columns.
 * @param logits gradient [rows, keys], keys <= a * b
 * @param left [rows, a] @param right [rows, b]
 */
export function outerGradient(
  work: Workspace,
  logits: Float32Array,
  left: Float32Array,
  right: Float32Array,
  [keys, a, b]: readonly [number, number, number],
): Float32Array[] {
  const dLeft = work.take(left.length).fill(0);
  const dRight = work.take(right.length).fill(0);
  const rows = left.length / a;
  for (let row = 0; row < rows; row++) {
    const [atLeft, atRight] = [row * a, row * b];
    let at = row * keys;
    const end = at + keys;
    for (let j = 0; at < end; j++) {
      const factor = right[atRight + j]!;
      const columns = Math.min(a, end - at);
      let sum = 0;
      for (let i = 0; i < columns; i++, at++) {
        const d = logits[at]!;
        sum += d * left[atLeft + i]!;
        dLeft[atLeft + i]! += d * factor;
      }
      dRight[atRight + j] = sum;
    }
  }
  return [dLeft, dRight];
}
