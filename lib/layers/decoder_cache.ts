/** The caches of a decoder layer: of its own positions, and of the encoder's output. */
import type { AttentionCache } from './attention_cache.js';

export class DecoderCache {
  constructor(
    readonly selfAttention: AttentionCache,
    readonly crossAttention: AttentionCache | undefined,
  ) {}

  /** Positions decoded so far. */
  get length(): number {
    return this.selfAttention.length;
  }

  /** Forgets all positions from `length` on. */
  truncate(length: number): void {
    this.selfAttention.truncate(length);
    this.crossAttention?.truncate(length);
  }

  /** Makes sequence b what sequence indices[b] was: for beam search, or to drop sequences that have ended. */
  select(indices: readonly number[]): void {
    this.selfAttention.select(indices);
    this.crossAttention?.select(indices);
  }
}
