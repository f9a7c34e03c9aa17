/** Pairs of neighbours by the rank of their merge, then from left to right: a binary heap. */

/** Places are below this. */
const PLACES = 2 ** 31;

export class PairQueue {
  /** Of what `pop` took. */
  rank = 0;
  place = 0;
  private readonly keys: number[] = [];

  push(rank: number, place: number): void {
    const { keys } = this;
    const key = rank * PLACES + place;
    let at = keys.push(key) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Takes the least, if there is one. */
  pop(): boolean {
    const { keys } = this;
    const least = keys[0];
    if (least === undefined) return false;
    const last = keys.pop()!;
    const n = keys.length;
    for (let at = 0; n > 0; ) {
      let child = 2 * at + 1;
      if (child + 1 < n && keys[child + 1]! < keys[child]!) child++;
      if (child >= n || keys[child]! >= last) {
        keys[at] = last;
        break;
      }
      keys[at] = keys[child]!;
      at = child;
    }
    this.rank = Math.floor(least / PLACES);
    this.place = least % PLACES;
    return true;
  }
}
