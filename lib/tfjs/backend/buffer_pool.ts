/**
 * Arrays of disposed tensors, for tensors to come. Fresh memory of megabytes costs more than an addition over it: the
 * system hands out zeroed pages one fault at a time. Arrays are kept by their exact length, since what a tensor holds is
 * seen by users, who may look at the whole `buffer` of what they read.
 */

/** V8 keeps so short ones in its own heap, where they are cheaper than a look-up. */
const SHORTEST = 32;

export class BufferPool {
  /** Lengths in the order of their last use. */
  readonly #byLength = new Map<number, Float32Array[]>();
  readonly #capacity: number;
  #bytes = 0;

  /** @param capacity bytes that it keeps at most */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** An array whose elements are arbitrary. */
  take(length: number): Float32Array {
    const values = this.#byLength.get(length)?.pop();
    if (values === undefined) return new Float32Array(length);
    this.#bytes -= values.byteLength;
    return values;
  }

  /** Nobody else may hold `values` or a view of its buffer. */
  give(values: Float32Array): void {
    const { length, byteLength } = values;
    if (length < SHORTEST || byteLength > this.#capacity) return;
    const kept = this.#byLength.get(length) ?? [];
    kept.push(values);
    this.#byLength.delete(length);
    this.#byLength.set(length, kept);
    this.#bytes += byteLength;
    while (this.#bytes > this.#capacity) this.#dropOldest();
  }

  clear(): void {
    this.#byLength.clear();
    this.#bytes = 0;
  }

  #dropOldest(): void {
    for (const [length, kept] of this.#byLength) {
      const dropped = kept.pop();
      if (dropped !== undefined) {
        this.#bytes -= dropped.byteLength;
        return;
      }
      this.#byLength.delete(length);
    }
  }
}
