/** What an explanation consists of: types alone, which the checks, the page and the class share. */

/** The whole of a layer's attention, or what one of its score functions alone would give. */
export interface ExplainedPart {
  /** 'attention' for the whole, else the score function's name. */
  readonly name: string;
  /** alpha of this part in a learned mixture. */
  readonly mix?: number;
  /** [heads, queries, keys], after the softmax. */
  readonly weights: Float32Array;
}

export interface ExplainedLayer {
  readonly name: string;
  /** Class of the attention layer. */
  readonly kind: string;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** The first is the whole; mixtures have one more for each score function. */
  readonly parts: readonly ExplainedPart[];
}

/** What the page reads of an explanation. */
export interface Explained {
  readonly title: string;
  readonly subtitle: string;
  readonly layers: readonly ExplainedLayer[];
  readonly queryTokens: readonly string[];
  readonly keyTokens: readonly string[];
  /** Entropy of each row of one head, in bits. */
  entropy(layer: number, head: number, part?: number): Float64Array;
}
