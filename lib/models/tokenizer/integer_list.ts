/** A list of integers in pages: an array of millions would be copied as a whole whenever it outgrows its memory. */

const PAGE = 16_384;
/** The first page begins with so many and grows: most lists are short. */
const SMALLEST = 16;

const NONE = new Int32Array(0);

/** What integers are appended to: an array, or memory that may become large. */
export interface IntegerSink {
  readonly length: number;
  push(value: number): unknown;
}

/** A sink of which the end can be cut off: by a smaller length. */
export interface IdSink extends IntegerSink {
  length: number;
}

export class IntegerList implements IntegerSink {
  private readonly pages: Int32Array[] = [];
  private last = NONE;
  length = 0;

  push(value: number): void {
    const at = this.length % PAGE;
    if (at === 0) {
      this.last = new Int32Array(this.length === 0 ? SMALLEST : PAGE);
      this.pages.push(this.last);
    } else if (at === this.last.length) this.grow();
    this.last[at] = value;
    this.length++;
  }

  get(index: number): number {
    return this.pages[Math.floor(index / PAGE)]![index % PAGE]!;
  }

  private grow(): void {
    const larger = new Int32Array(2 * this.last.length);
    larger.set(this.last);
    this.last = larger;
    this.pages[this.pages.length - 1] = larger;
  }
}
