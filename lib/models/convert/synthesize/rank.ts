/**
 * How little a head's attention depends on what the text says, and how little that matters.
 *
 * - 'effect': how far embeddings move when this head alone has its table, 1 less the mean cosine. It takes into account what
 *   the other two do not see: how much of the output comes from the head at all.
 * - 'variance': the mean weight by [query, key] against its spread: of the sum of squared weights the share that the mean
 *   weights account for, sum n m^2 / sum p^2, where n texts have the cell and m is their mean. 1: the same in every text.
 * - 'divergence': mean Kullback-Leibler divergence, in nats a query, of the head's weights from those by the table that
 *   would take its place. 0: nothing is lost.
 */
import type { AttentionStatistics } from './attention_statistics.js';

export type Ranking = 'effect' | 'divergence' | 'variance';

export const RANKINGS: readonly Ranking[] = ['effect', 'divergence', 'variance'];

export interface HeadMeasure {
  layer: number;
  head: number;
  /** Share of squared weights that mean weights account for. */
  staticShare: number;
  /** Nats a query. */
  divergence: number;
  /** 1 less the mean cosine with this head's table alone; measured for the ranking of this name. */
  effect?: number;
}

export function staticShare(statistics: AttentionStatistics, head: number): number {
  const { length, sums, squares } = statistics;
  const reaching = statistics.reaching();
  let share = 0;
  for (let i = 0; i < length; i++) {
    for (let j = 0; j < length; j++) {
      share += sums[(head * length + i) * length + j]! ** 2 / reaching[Math.max(i, j)]!;
    }
  }
  return share / squares[head]!;
}

/** @param table logits [positions, positions] */
export function divergence(statistics: AttentionStatistics, head: number, table: Float32Array): number {
  const { length, sums, texts, entropies } = statistics;
  const positions = Math.sqrt(table.length);
  let nats = entropies[head]!;
  let queries = 0;
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (let j = 0; j < length; j++) {
      const logit = table[i * positions + j]!;
      nats -= sums[(head * length + i) * length + j]! * logit;
      sum += Math.exp(logit);
      if (j < i) continue;
      nats += texts[j + 1]! * Math.log(sum);
      queries += texts[j + 1]!;
    }
  }
  return nats / queries;
}

/** The most static heads first. */
export function ranked(measures: readonly HeadMeasure[], ranking: Ranking): HeadMeasure[] {
  const key = (m: HeadMeasure) => {
    if (ranking === 'effect') return m.effect!;
    return ranking === 'divergence' ? m.divergence : -m.staticShare;
  };
  return [...measures].sort((a, b) => key(a) - key(b));
}
