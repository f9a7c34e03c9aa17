/** A list of integers in pages: an array of millions would be copied as a whole whenever it outgrows its memory. */

const PAGE = 16_384;

export class IntegerList {
  private readonly pages: Int32Array[] = [];
  length = 0;

  push(value: number): void {
    const at = this.length % PAGE;
    if (at === 0) this.pages.push(new Int32Array(PAGE));
    this.pages[this.pages.length - 1]![at] = value;
    this.length++;
  }

  get(index: number): number {
    return this.pages[Math.floor(index / PAGE)]![index % PAGE]!;
  }
}
