/** What differs between the rows of requests that were computed together. */

/**
 * The first numbers of an embedding.
 * @param normalize scale these to unit length, where the whole of them has it; without it, they are as they are
 */
export function finishRow(row: Float32Array, dimensions: number, normalize: boolean): Float32Array {
  if (dimensions === row.length) return row;
  if (!normalize) return row.subarray(0, dimensions);
  const kept = row.slice(0, dimensions);
  let sum = 0;
  for (let i = 0; i < kept.length; i++) sum += kept[i]! * kept[i]!;
  // As in PyTorch's normalize: zeros stay zeros.
  const scale = 1 / Math.max(Math.sqrt(sum), 1e-12);
  for (let i = 0; i < kept.length; i++) kept[i]! *= scale;
  return kept;
}
