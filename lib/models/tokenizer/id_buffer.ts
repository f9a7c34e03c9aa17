/** Ids on their way into a job: the tokenizer writes them where the job reads them. */
import type { IntegerSink } from './integer_list.js';

export class IdBuffer implements IntegerSink {
  #memory: Int32Array;
  /** Where the ids of the open text begin. */
  #begin = 0;
  #end = 0;

  /** @param room ids that it holds before it has to grow */
  constructor(room: number) {
    this.#memory = new Int32Array(room);
  }

  /** Ids of all texts. */
  get total(): number {
    return this.#end;
  }

  /** Ids of the open text; a smaller number cuts it. */
  get length(): number {
    return this.#end - this.#begin;
  }

  set length(length: number) {
    this.#end = this.#begin + length;
  }

  push(id: number): void {
    if (this.#end === this.#memory.length) this.#grow(1);
    this.#memory[this.#end++] = id;
  }

  append(ids: Int32Array): void {
    if (this.#end + ids.length > this.#memory.length) this.#grow(ids.length);
    this.#memory.set(ids, this.#end);
    this.#end += ids.length;
  }

  /** Ends the open text; the next one begins. */
  close(): void {
    this.#begin = this.#end;
  }

  /** The ids of all texts, of which this buffer knows nothing any more. */
  take(): Int32Array {
    const ids = this.#memory.subarray(0, this.#end);
    this.#memory = new Int32Array(this.#memory.length);
    this.#begin = this.#end = 0;
    return ids;
  }

  #grow(by: number): void {
    const larger = new Int32Array(Math.max(this.#end + by, 2 * this.#memory.length));
    larger.set(this.#memory);
    this.#memory = larger;
  }
}
