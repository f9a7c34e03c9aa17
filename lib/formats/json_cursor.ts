/**
 * A strict reader of JSON whose grammar the caller knows. It is used for headers from untrusted files in place
 * of JSON.parse, which silently drops duplicate keys, rounds large integers, and builds any structure that a
 * file cares to nest before a check can refuse it. Nothing here recurses.
 */

import { expectation, FormatError } from '../errors.js';
import { quoteName } from './quote_name.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

export class JsonCursor {
  readonly #text: string;
  #at = 0;

  /** @param text the whole JSON text; the cursor starts at its first character */
  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Reads an object and calls `onKey` for each of its keys, with the cursor at the key's value, which `onKey`
   * must read.
   * @throws FormatError on anything else, and on a key that occurs twice
   */
  object(subject: string, onKey: (key: string) => void): void {
    this.#expect('{', subject, 'a JSON object');
    if (this.#take('}')) return;
    const seen = new Set<string>();
    do {
      const key = this.string(subject, 'a key in quotes');
      if (seen.has(key)) {
        throw new FormatError(expectation(subject, 'every key once', `${quoteName(key)} twice`));
      }
      seen.add(key);
      this.#expect(':', subject, `a colon after the key ${quoteName(key)}`);
      onKey(key);
    } while (this.#take(','));
    this.#expect('}', subject, 'a comma or a closing brace');
  }

  /**
   * Reads an array of non-negative safe integers, written without fraction and exponent.
   * @throws FormatError on anything else
   */
  integers(subject: string): number[] {
    this.#expect('[', subject, 'an array of non-negative safe integers');
    const values: number[] = [];
    if (this.#take(']')) return values;
    do values.push(this.#integer(subject));
    while (this.#take(','));
    this.#expect(']', subject, 'an array of non-negative safe integers');
    return values;
  }

  /**
   * Reads a string.
   * @throws FormatError on anything else, and on text that is not Unicode (half of a surrogate pair)
   */
  string(subject: string, what = 'a string'): string {
    this.#skipWhitespace();
    const text = this.#text;
    const start = this.#at;
    if (text.charCodeAt(start) !== QUOTE) this.#fail(subject, what);
    let end = start + 1;
    let escaped = false;
    for (; text.charCodeAt(end) !== QUOTE; end++) {
      if (end >= text.length) this.#fail(subject, `${what} that ends`);
      if (text.charCodeAt(end) < 0x20) this.#fail(subject, `${what} without control characters`);
      if (text.charCodeAt(end) === BACKSLASH) {
        escaped = true;
        end++;
      }
    }
    if (!escaped) {
      this.#at = end + 1;
      return text.slice(start + 1, end);
    }
    let value: string;
    try {
      value = JSON.parse(text.slice(start, end + 1)) as string;
    } catch {
      this.#fail(subject, `${what} with valid escapes`);
    }
    if (/\p{Surrogate}/u.test(value)) this.#fail(subject, `${what} of whole Unicode characters`);
    this.#at = end + 1;
    return value;
  }

  /** @throws FormatError if anything but white space is left */
  end(subject: string): void {
    this.#skipWhitespace();
    if (this.#at < this.#text.length) this.#fail(subject, 'nothing after the closing brace');
  }

  #integer(subject: string): number {
    this.#skipWhitespace();
    const start = this.#at;
    let end = start;
    while (isDigit(this.#text.charCodeAt(end))) end++;
    // 16 digits hold every safe integer; a longer run of digits need not be converted at all.
    const value = end - start <= 16 ? Number(this.#text.slice(start, end)) : Number.POSITIVE_INFINITY;
    const leadingZero = end - start > 1 && this.#text.charCodeAt(start) === DIGIT_0;
    if (
      end === start ||
      leadingZero ||
      !Number.isSafeInteger(value) ||
      /[.eE]/.test(this.#text.charAt(end))
    ) {
      this.#fail(subject, 'a non-negative safe integer');
    }
    this.#at = end;
    return value;
  }

  #skipWhitespace(): void {
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  #take(character: string): boolean {
    this.#skipWhitespace();
    if (this.#text.charAt(this.#at) !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string, subject: string, what: string): void {
    if (!this.#take(character)) this.#fail(subject, what);
  }

  #fail(subject: string, what: string): never {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    const received = rest === '' ? 'the end of the text' : `${quoteName(rest)} at character ${this.#at}`;
    throw new FormatError(expectation(subject, what, received));
  }
}

function isDigit(code: number): boolean {
  return code >= DIGIT_0 && code <= DIGIT_9;
}
