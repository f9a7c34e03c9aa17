/** The texts that were compared, and which two of them are chosen. */

interface Similar {
  texts: readonly string[];
  /** cosines[row][column] */
  cosines: readonly (readonly number[])[];
  /** The text whose neighbours are shown. */
  row: number;
  column: number;
  /** Where the colours start: at 0, or at the lowest cosine. */
  range: 'whole' | 'lowest';
}

export const similar: Similar = { texts: [], cosines: [], row: 0, column: 0, range: 'whole' };

export function cosineAt(row: number, column: number): number {
  return similar.cosines[row]![column]!;
}

/** The start of the scale from the lowest cosine; below 1, so that there is a scale. */
export function lowestCosine(): number {
  return Math.min(0.99, ...similar.cosines.map((row) => Math.min(...row)));
}

export type Choose = (row: number, column: number) => void;
