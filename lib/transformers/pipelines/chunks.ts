/** Many texts in portions, so that states and scores of a few are in memory at a time. */

/** Texts whose states are held at once: 32 of 512 tokens and 768 numbers are 50 MB. */
const PORTION = 32;

export async function inPortions<R>(
  texts: readonly string[],
  run: (texts: readonly string[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < texts.length; at += PORTION) {
    results.push(...(await run(texts.slice(at, at + PORTION))));
  }
  return results;
}

/** One row of each text, end to end: [texts, columns]. */
export function rowsOf(rows: readonly Float32Array[], columns: number): Float32Array {
  const out = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) out.set(row, i * columns);
  return out;
}
