/** A hash table from pairs of small integers to integers, far smaller than a Map with as many keys. */

const EMPTY = -1;

export class PairMap {
  private readonly mask: number;
  private readonly keys: Int32Array;
  private readonly values: Int32Array;

  /** @param capacity most pairs that are set */
  constructor(capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * capacity + 2));
    this.mask = size - 1;
    this.keys = new Int32Array(2 * size).fill(EMPTY);
    this.values = new Int32Array(size);
  }

  /** -1 where there is none. */
  get(first: number, second: number): number {
    const slot = this.slot(first, second);
    return this.keys[2 * slot] === EMPTY ? EMPTY : this.values[slot]!;
  }

  /** @param first not negative */
  set(first: number, second: number, value: number): void {
    const slot = this.slot(first, second);
    this.keys[2 * slot] = first;
    this.keys[2 * slot + 1] = second;
    this.values[slot] = value;
  }

  /** Where the pair is, or would be. */
  private slot(first: number, second: number): number {
    const { keys, mask } = this;
    let hash = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const key = keys[2 * slot];
      if (key === EMPTY || (key === first && keys[2 * slot + 1] === second)) return slot;
    }
  }
}
