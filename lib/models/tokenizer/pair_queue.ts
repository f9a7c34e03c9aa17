/** Pairs of neighbours by the rank of their merge, then from left to right: a heap, four children to a parent. */

/** Places are below this. */
const PLACES = 2 ** 31;

export class PairQueue {
  /** Of what `pop` took. */
  rank = 0;
  place = 0;
  size = 0;
  private keys: Float64Array;

  /** @param places of a word: memory for all pairs that may be queued at once, of which the system gives what is used */
  constructor(places: number) {
    this.keys = new Float64Array(2 * places);
  }

  /** @returns comparisons that it took */
  push(rank: number, place: number): number {
    if (this.size === this.keys.length) this.grow();
    const { keys } = this;
    const key = rank * PLACES + place;
    let at = this.size++;
    let work = 1;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
      work++;
    }
    keys[at] = key;
    return work;
  }

  /** Takes the least of at least one. @returns comparisons that it took */
  pop(): number {
    const { keys } = this;
    const least = keys[0]!;
    const last = keys[--this.size]!;
    const n = this.size;
    let at = 0;
    let work = 1;
    for (;;) {
      const first = 4 * at + 1;
      if (first >= n) break;
      let child = first;
      for (let other = first + 1; other < Math.min(first + 4, n); other++) {
        if (keys[other]! < keys[child]!) child = other;
      }
      work += 4;
      if (keys[child]! >= last) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = last;
    this.rank = Math.floor(least / PLACES);
    this.place = least % PLACES;
    return work;
  }

  private grow(): void {
    const larger = new Float64Array(2 * this.keys.length);
    larger.set(this.keys);
    this.keys = larger;
  }
}
