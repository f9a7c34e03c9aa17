/** Tokens of several texts as a native job takes them. */

export interface TokenBatch {
  /** [tokens], all sequences end to end. */
  ids: Int32Array;
  /** [texts + 1]: sequence i is ids[offsets[i]] to ids[offsets[i + 1] - 1]. */
  offsets: Int32Array;
}

export interface BatchLimits {
  tokens: number;
  texts: number;
}
