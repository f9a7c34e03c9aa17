/** The greatest k of many scores for each of several queries. */
import { allocateArray } from '../../tensor/allocate.js';

export interface Hit {
  id: number;
  score: number;
}

/** Binary heaps side by side, each with its least score on top; of equal scores the latest id counts as less. */
export class TopK {
  private readonly scores: Float64Array;
  private readonly ids: Float64Array;
  private readonly sizes: Int32Array;

  constructor(
    queries: number,
    private readonly k: number,
  ) {
    this.scores = allocateArray(Float64Array, [queries, k], 'hits');
    this.ids = allocateArray(Float64Array, [queries, k], 'hits');
    this.sizes = allocateArray(Int32Array, [queries], 'hits');
  }

  /** Ids come in ascending order. NaN is no score. */
  offer(query: number, id: number, score: number): void {
    const { k, scores } = this;
    const base = query * k;
    if (this.sizes[query]! < k) {
      if (!Number.isNaN(score)) this.rise(base, this.sizes[query]!++, id, score);
    } else if (k > 0 && score > scores[base]!) {
      this.put(base, id, score);
      this.sink(base);
    }
  }

  /** Of one query, the greatest first. */
  hits(query: number): Hit[] {
    const base = query * this.k;
    return Array.from({ length: this.sizes[query]! }, (_, i) => ({
      id: this.ids[base + i]!,
      score: this.scores[base + i]!,
    })).sort(byScore);
  }

  private rise(base: number, at: number, id: number, score: number): void {
    this.put(base + at, id, score);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.less(base + at, base + parent)) break;
      this.swap(base + at, base + parent);
      at = parent;
    }
  }

  private sink(base: number): void {
    for (let at = 0; ; ) {
      let least = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < this.k && this.less(base + child, base + least)) least = child;
      }
      if (least === at) return;
      this.swap(base + at, base + least);
      at = least;
    }
  }

  private less(i: number, j: number): boolean {
    // Compared and not subtracted: infinities have no difference.
    const [a, b] = [this.scores[i]!, this.scores[j]!];
    return a < b || (a === b && this.ids[i]! > this.ids[j]!);
  }

  private put(at: number, id: number, score: number): void {
    this.ids[at] = id;
    this.scores[at] = score;
  }

  private swap(i: number, j: number): void {
    const [id, score] = [this.ids[i]!, this.scores[i]!];
    this.put(i, this.ids[j]!, this.scores[j]!);
    this.put(j, id, score);
  }
}

export function byScore(a: Hit, b: Hit): number {
  return b.score - a.score || a.id - b.id;
}
