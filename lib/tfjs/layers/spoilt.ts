/**
 * Products of attention where a factor holds numbers that are not finite. A weight of 0 does not make a NaN 0, so that a
 * product of all keys would carry it to queries that may not attend it. Such products are computed with zeros in place of
 * these numbers, and what they do to the queries that may attend them is added afterwards.
 */

export interface SpoiltProduct {
  /** How many matrices there are of each operand. */
  batch: number;
  m: number;
  n: number;
  k: number;
  /** a is [batch, k, m]. */
  transposeA?: boolean | undefined;
}

/** A copy with 0 in place of what is not finite. */
export function withoutSpoilt(x: Float32Array): Float32Array {
  return x.map((value) => (Number.isFinite(value) ? value : 0));
}

/**
 * Adds to out [batch, m, n] the products of a [batch, m, k] with those elements of b [batch, k, n] that are not finite.
 * @param seen which elements of a count, in the order of a
 */
export function addSpoilt(
  out: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { batch, m, n, k, transposeA = false }: SpoiltProduct,
  seen: Uint8Array,
): void {
  const [rowStep, innerStep] = transposeA ? [1, m] : [k, 1];
  for (let t = 0; t < batch; t++) {
    for (let j = 0; j < k; j++) {
      for (let c = 0; c < n; c++) {
        const value = b[(t * k + j) * n + c]!;
        if (Number.isFinite(value)) continue;
        for (let i = 0; i < m; i++) {
          const at = t * m * k + i * rowStep + j * innerStep;
          if (seen[at] !== 0) out[(t * m + i) * n + c]! += a[at]! * value;
        }
      }
    }
  }
}
