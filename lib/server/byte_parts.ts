/** The bytes of a long answer, made and joined in steps. */

/** Bytes that are copied in one step: less than a millisecond. */
const STEP = 2 ** 20;

export class ByteParts {
  readonly #parts: Buffer[] = [];
  #length = 0;

  add(text: string): void {
    const bytes = Buffer.from(text);
    this.#parts.push(bytes);
    this.#length += bytes.length;
  }

  /** All parts, one behind the other. */
  *join(): Generator<void, Buffer, void> {
    const whole = Buffer.allocUnsafe(this.#length);
    let at = 0;
    let copied = 0;
    for (const part of this.#parts) {
      at += part.copy(whole, at);
      copied += part.length;
      if (copied >= STEP) {
        copied = 0;
        yield;
      }
    }
    return whole;
  }
}
