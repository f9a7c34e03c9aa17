/** The sizes of one call, by which operands are read. */
export interface Sizes {
  batch: number;
  heads: number;
  queries: number;
  keys: number;
}
