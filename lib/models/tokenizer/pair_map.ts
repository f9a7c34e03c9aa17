/** A hash table from pairs of small integers to integers, far smaller than a Map with as many keys. */

const EMPTY = -1;
const SMALLEST = 64;

export class PairMap {
  private count = 0;
  private mask = SMALLEST - 1;
  private keys = new Int32Array(2 * SMALLEST).fill(EMPTY);
  private values = new Int32Array(SMALLEST);

  /** -1 where there is none. */
  get(first: number, second: number): number {
    const slot = this.slot(first, second);
    return this.keys[2 * slot] === EMPTY ? EMPTY : this.values[slot]!;
  }

  /** @param first not negative */
  set(first: number, second: number, value: number): void {
    const slot = this.slot(first, second);
    if (this.keys[2 * slot] === EMPTY) this.count++;
    this.keys[2 * slot] = first;
    this.keys[2 * slot + 1] = second;
    this.values[slot] = value;
    if (3 * this.count > 2 * this.values.length) this.grow();
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

  private grow(): void {
    const { keys, values } = this;
    const size = 2 * values.length;
    this.mask = size - 1;
    this.keys = new Int32Array(2 * size).fill(EMPTY);
    this.values = new Int32Array(size);
    for (let i = 0; i < values.length; i++) {
      if (keys[2 * i] === EMPTY) continue;
      const slot = this.slot(keys[2 * i]!, keys[2 * i + 1]!);
      this.keys[2 * slot] = keys[2 * i]!;
      this.keys[2 * slot + 1] = keys[2 * i + 1]!;
      this.values[slot] = values[i]!;
    }
  }
}
