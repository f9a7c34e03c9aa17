/**
 * Rows of logits that are all -Infinity. For the native kernels such a row is masked and has weights of 0; for TensorFlow.js
 * it is (-Infinity) - (-Infinity), so that its softmax is NaN. Neither rule may depend on the size of a tensor.
 */

function isZero(x: Float32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (x[i] !== 0) return false;
  return true;
}

/** NaN in the rows of a softmax that are all 0: every other row has a weight of at least 1 / columns. */
export function markRowsWithoutWeights(y: Float32Array, columns: number): void {
  for (let at = 0; at < y.length; at += columns) {
    if (isZero(y, at, at + columns)) y.fill(Number.NaN, at, at + columns);
  }
}

export interface Logits {
  /** [batch, rows, depth] */
  query: Float32Array;
  /** [batch, keys, depth] */
  key: Float32Array;
  rows: number;
  keys: number;
  depth: number;
}

function sumOfSquares(x: Float32Array): number {
  let sum = 0;
  for (const value of x) sum += value * value;
  return sum;
}

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/**
 * The rows of attention `out` [batch, rows, columns] whose logits are all -Infinity. Such a row is 0 in every column, and
 * the logits of a row are computed again only where that is so and some logit may be infinite.
 */
export function rowsOfInfinity(out: Float32Array, columns: number, logits: Logits): number[] {
  const { query, key, rows, keys, depth } = logits;
  const zeros: number[] = [];
  for (let at = 0; at < out.length; at += columns) {
    if (isZero(out, at, at + columns)) zeros.push(at / columns);
  }
  // No logit is larger than the lengths of its query and its key (Cauchy and Schwarz), rounding aside.
  if (zeros.length === 0 || sumOfSquares(query) * sumOfSquares(key) < (LARGEST / 2) ** 2) return [];
  return zeros.filter((row) => {
    const first = Math.floor(row / rows) * keys;
    for (let j = first; j < first + keys; j++) {
      let sum = 0;
      for (let c = 0; c < depth; c++) sum += query[row * depth + c]! * key[j * depth + c]!;
      if (Math.fround(sum) !== Number.NEGATIVE_INFINITY) return false;
    }
    return true;
  });
}
