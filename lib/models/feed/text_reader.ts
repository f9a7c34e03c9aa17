/** The texts of a source one by one, by whoever of several readers comes next. */
import { ArgumentError, describe, expectation } from '../../errors.js';
import type { TextSource } from '../types.js';

/** One `for await`, so that synchronous sources, their promises and an early end count as everywhere else. */
async function* itemsOf(texts: TextSource): AsyncGenerator<string | readonly string[], void, undefined> {
  for await (const item of texts) yield item;
}

function checkText(text: unknown, index: number): string {
  if (typeof text !== 'string') {
    throw new ArgumentError(expectation(`texts[${index}]`, 'a string', describe(text), 'type'));
  }
  return text;
}

export class TextReader {
  /** Milliseconds in which nothing was to be done because the source gave no text. */
  waited = 0;
  private readonly items: AsyncGenerator<string | readonly string[], void, undefined>;
  private item: Iterator<string> | undefined;
  private index = 0;

  constructor(texts: TextSource) {
    const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = Object(texts) as Partial<
      AsyncIterable<unknown> & Iterable<unknown>
    >;
    const iterable = typeof later === 'function' || typeof now === 'function';
    if (!iterable || ArrayBuffer.isView(texts)) {
      throw new ArgumentError(expectation('texts', 'an iterable of strings', describe(texts), 'type'));
    }
    this.items = itemsOf(texts);
  }

  /** The next text, or undefined where the source has to be asked for `more`. */
  take(): string | undefined {
    const next = this.item?.next();
    if (next === undefined || next.done) return undefined;
    return checkText(next.value, this.index++);
  }

  /** Asks the source; false at its end. */
  async more(): Promise<boolean> {
    const next = await this.items.next();
    if (next.done) return false;
    const item = typeof next.value === 'string' ? [next.value] : next.value;
    if (typeof item !== 'object' || item === null || typeof item[Symbol.iterator] !== 'function') {
      const expected = 'a string or an array of strings';
      throw new ArgumentError(expectation(`texts[${this.index}]`, expected, describe(item), 'type'));
    }
    this.item = item[Symbol.iterator]();
    return true;
  }

  /** Not awaited by anyone: a source that waits for input may take as long as it likes. */
  close(): void {
    this.items.return().catch(() => {});
  }
}
