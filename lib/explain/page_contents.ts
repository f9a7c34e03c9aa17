/** The JSON inside a page: `page_data.ts` writes it, `browser/data.ts` reads it. */

export interface PagePart {
  readonly name: string;
  /** alpha of this part in a learned mixture. */
  readonly mix?: number;
  /** [heads, rows, columns] in steps: unsigned 16-bit integers, little-endian, base64. */
  readonly weights: string;
  /** [heads, rows] in bits: float32, little-endian, base64. */
  readonly entropies: string;
}

export interface PageLayer {
  readonly name: string;
  readonly kind: string;
  readonly heads: number;
  readonly parts: readonly PagePart[];
}

export interface PageContents {
  /** Steps from weight 0 to weight 1. */
  readonly steps: number;
  readonly queryTokens: readonly string[];
  readonly keyTokens: readonly string[];
  readonly layers: readonly PageLayer[];
}
