/** What the reader looks at. */

export interface Cell {
  row: number;
  column: number;
}

interface View {
  layer: number;
  head: number;
  /** The cell under the pointer or under the keys. */
  marked: Cell | null;
  /** The cell that is marked again when the pointer leaves. */
  pinned: Cell | null;
}

export const view: View = { layer: 0, head: 0, marked: null, pinned: null };

export function isSame(a: Cell | null, b: Cell | null): boolean {
  return a?.row === b?.row && a?.column === b?.column;
}
