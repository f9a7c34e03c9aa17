/**
 * What a model's heads attend to by position, summed over texts.
 *
 * Of a text of length L every head gives p [L, L], rows that sum to 1. All that calibration and ranking need is kept per
 * head: the sums of p and of log p by [query, key], and the sums of p^2 and of p log p over everything.
 */

/** Stands for a weight that float32 has no number for. */
const LEAST = 1e-12;

export interface StatisticsSizes {
  /** Of all layers together. */
  heads: number;
  /** Tokens of the longest text. */
  length: number;
}

export class AttentionStatistics {
  readonly heads: number;
  readonly length: number;
  /** [heads, length, length] each. */
  readonly sums: Float64Array;
  readonly logs: Float64Array;
  /** [heads] each. */
  readonly squares: Float64Array;
  readonly entropies: Float64Array;
  /** [length + 1]: texts of each length. */
  readonly texts: Float64Array;

  constructor({ heads, length }: StatisticsSizes) {
    this.heads = heads;
    this.length = length;
    this.sums = new Float64Array(heads * length * length);
    this.logs = new Float64Array(heads * length * length);
    this.squares = new Float64Array(heads);
    this.entropies = new Float64Array(heads);
    this.texts = new Float64Array(length + 1);
  }

  /** @param attention [heads, tokens, tokens] of one text */
  add(attention: Float32Array, tokens: number): void {
    const { heads, length, sums, logs } = this;
    this.texts[tokens]! += 1;
    let at = 0;
    for (let h = 0; h < heads; h++) {
      let [squares, entropy] = [0, 0];
      for (let i = 0; i < tokens; i++) {
        const row = (h * length + i) * length;
        for (let j = 0; j < tokens; j++) {
          const p = attention[at++]!;
          const log = Math.log(p > LEAST ? p : LEAST);
          sums[row + j]! += p;
          logs[row + j]! += log;
          squares += p * p;
          entropy += p * log;
        }
      }
      this.squares[h]! += squares;
      this.entropies[h]! += entropy;
    }
  }

  /** [length]: texts that have a token at each position. */
  reaching(): Float64Array {
    const out = new Float64Array(this.length);
    let count = 0;
    for (let i = this.length - 1; i >= 0; i--) {
      count += this.texts[i + 1]!;
      out[i] = count;
    }
    return out;
  }
}
