/** Turns "so many texts are done" into about how many bytes of input are done. */
export class ByteCounter {
  private readonly marks: { texts: number; bytes: number }[] = [];
  private read: number;
  private last: { texts: number; bytes: number };

  /** @param texts done before, at the start of the input */
  constructor(texts = 0) {
    this.read = texts;
    this.last = { texts, bytes: 0 };
  }

  /** `texts` more have been read, up to the byte offset `bytes`. */
  mark(texts: number, bytes: number): void {
    this.read += texts;
    this.marks.push({ texts: this.read, bytes });
  }

  /** Between two marks in proportion to the texts: a chunk of input holds thousands of lines. */
  done(texts: number): number {
    while (this.marks.length > 0 && this.marks[0]!.texts <= texts) this.last = this.marks.shift()!;
    const next = this.marks[0];
    if (next === undefined) return this.last.bytes;
    const share = (texts - this.last.texts) / (next.texts - this.last.texts);
    return this.last.bytes + share * (next.bytes - this.last.bytes);
  }
}
