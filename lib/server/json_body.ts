/**
 * Bodies as JSON. JSON.parse blocks the event loop for a large body, so it is given pieces of some kilobytes, found by
 * a scan over the bytes that also refuses what no request needs: deep nesting, and properties by the thousand.
 */
import { expectation } from '../errors.js';
import { RequestError } from './errors.js';

/** Levels of arrays and objects. Requests have three. */
export const MAX_DEPTH = 32;
/** Properties of all objects of a body together. Requests have some ten. */
export const MAX_PROPERTIES = 1000;
/** Bytes that are scanned in one step, and after which a piece is parsed: less than a millisecond each. */
const PIECE = 16_384;

/** JSON.parse, or one that is stricter about the names of properties. */
export type ParseJson = (text: string) => unknown;

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const BLANK = /^[ \t\n\r]*$/;

/** Of every byte outside of strings: whether the scan passes it by, unless it stands outside of all brackets. */
const ORDINARY = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(!'\t\n\r ",:[]{}'.includes(String.fromCharCode(byte))),
);
/** Bytes of a string that are looked at one by one before its end is searched for, which is faster in long ones alone. */
const SHORT = 32;

/** An array or object whose end has not been reached. */
interface Frame {
  isObject: boolean;
  /** Position of its bracket. */
  open: number;
  /** Where the elements begin that have not been parsed. */
  run: number;
  /** After the last comma, or after the bracket. */
  last: number;
  /** What has been parsed of it. Undefined: nothing, and it is parsed with what is around it if it stays small. */
  value: unknown[] | Record<string, unknown> | undefined;
  /** Whether `run` stands right behind an element, so that a comma or the end must follow. */
  behind: boolean;
}

/**
 * In steps, between which other work may be done; a small body is one step.
 * @param bytes UTF-8, with or without a byte order mark
 * @param parse throws for what is no JSON
 * @throws RequestError and what `parse` throws
 */
export function* parseBody(bytes: Uint8Array, parse: ParseJson): Generator<void, unknown, void> {
  const reader = new BodyReader(bytes, parse);
  while (!reader.scan(PIECE)) yield;
  return reader.end();
}

/** Whether `parseBody` needs one step alone. */
export const isSmallBody = (bytes: Uint8Array): boolean => bytes.length <= PIECE;

class BodyReader {
  readonly #bytes: Buffer;
  readonly #parse: ParseJson;
  readonly #frames: Frame[] = [];
  #at = 0;
  #depth = 0;
  #properties = 0;
  #inString = false;
  /** Of the outermost value: not begun, an array or object, one that has ended, or anything else. */
  #top: 'before' | 'inside' | 'after' | 'other' = 'before';
  #value: unknown;

  constructor(bytes: Uint8Array, parse: ParseJson) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#parse = parse;
    // A byte order mark is no part of the value.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#at = 3;
  }

  /** Goes on for so many bytes. @returns whether that was the last of them */
  scan(count: number): boolean {
    const all = this.#bytes;
    const bytes = all.subarray(0, this.#at + count);
    const small = isSmallBody(all);
    let at = this.#at;
    while (at < bytes.length) {
      if (this.#inString) {
        at = this.#skipString(bytes, at);
        continue;
      }
      const byte = bytes[at]!;
      if (ORDINARY[byte] === 1) {
        if (this.#depth === 0) this.#outside();
      } else if (byte === COMMA) {
        // A small body is parsed as a whole.
        if (!small || this.#depth === 0) this.#comma(at);
      } else if (byte === QUOTE) {
        this.#inString = true;
        if (this.#depth === 0) this.#outside();
      } else if (byte === COLON) {
        if (this.#depth === 0) this.#outside();
        if (++this.#properties > MAX_PROPERTIES) {
          throw refusal(`at most ${MAX_PROPERTIES} properties in all its objects`, 'more');
        }
      } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.#open(at, byte === OPEN_OBJECT);
      else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.#close(at, byte === CLOSE_OBJECT);
      at++;
    }
    this.#at = at;
    return at >= all.length;
  }

  /** The position behind the string that `at` is in, or behind the bytes, by one more after a backslash. */
  #skipString(bytes: Buffer, at: number): number {
    const near = Math.min(at + SHORT, bytes.length);
    while (at < near) {
      const byte = bytes[at++];
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) {
        this.#inString = false;
        return at;
      }
    }
    if (at >= bytes.length) return at;
    const found = bytes.indexOf(QUOTE, at);
    const end = found < 0 ? bytes.length : found;
    let backslashes = 0;
    while (end - backslashes > at && bytes[end - backslashes - 1] === BACKSLASH) backslashes++;
    const escaped = backslashes % 2 === 1;
    if (found < 0) return escaped ? end + 1 : end;
    this.#inString = escaped;
    return end + 1;
  }

  end(): unknown {
    if (this.#value !== undefined) return this.#value;
    // A large array or object whose end is missing: there is no need to parse it once more.
    if (this.#depth > 0 && this.#bytes.length > PIECE) throw malformed();
    return this.#parse(this.#text(0, this.#bytes.length));
  }

  /** Something that is neither a bracket nor a space, outside of all brackets. */
  #outside(): void {
    if (this.#top === 'after') throw malformed();
    this.#top = 'other';
  }

  #open(at: number, isObject: boolean): void {
    if (this.#depth === 0) {
      if (this.#top !== 'before') throw malformed();
      this.#top = 'inside';
    }
    if (this.#depth === MAX_DEPTH) throw refusal(`at most ${MAX_DEPTH} levels of arrays and objects`, 'more');
    const frame = { isObject, open: at, run: at + 1, last: at + 1, value: undefined, behind: false };
    const known = this.#frames[this.#depth];
    if (known === undefined) this.#frames.push(frame);
    else Object.assign(known, frame);
    this.#depth++;
  }

  #comma(at: number): void {
    const frame = this.#frames[this.#depth - 1];
    if (this.#depth === 0 || frame === undefined) {
      this.#outside();
      return;
    }
    if (frame.behind) this.#checkBlank(frame.run, at);
    else if (at - frame.run > PIECE) this.#parseRun(frame, at);
    else {
      frame.last = at + 1;
      return;
    }
    frame.behind = false;
    frame.run = at + 1;
    frame.last = at + 1;
  }

  #close(at: number, isObject: boolean): void {
    const frame = this.#frames[this.#depth - 1];
    if (this.#depth === 0 || frame === undefined || frame.isObject !== isObject) throw malformed();
    this.#depth--;
    if (this.#depth === 0) this.#top = 'after';
    if (frame.value === undefined && at - frame.open <= PIECE) return;
    if (frame.behind) this.#checkBlank(frame.run, at);
    // Behind a comma there must be an element.
    else if (frame.value !== undefined || !BLANK.test(this.#text(frame.run, at))) this.#parseRun(frame, at);
    const value = frame.value ?? (isObject ? {} : []);
    const parent = this.#frames[this.#depth - 1];
    if (this.#depth === 0 || parent === undefined) this.#value = value;
    else this.#add(parent, value, frame.open, at + 1);
  }

  /** A large element goes into what is around it: first the small ones that stand before it. */
  #add(parent: Frame, value: unknown, begin: number, end: number): void {
    if (parent.behind) throw malformed();
    if (parent.last > parent.run) this.#parseRun(parent, parent.last - 1);
    parent.value ??= parent.isObject ? {} : [];
    if (Array.isArray(parent.value)) {
      this.#checkBlank(parent.last, begin);
      parent.value.push(value);
    } else {
      // Parsed with a small value in the place of the large one, so that `parse` checks the name.
      const small = Object.hasOwn(value as object, 'prototype') ? '{"prototype":null}' : 'null';
      const named = this.#parse(`{${this.#text(parent.last, begin)}${small}}`) as object;
      for (const name of Object.keys(named)) put(parent.value, name, value);
    }
    parent.run = end;
    parent.last = end;
    parent.behind = true;
  }

  /** Elements from `run` up to a position before a comma or bracket, at least one. */
  #parseRun(frame: Frame, end: number): void {
    const text = this.#text(frame.run, end);
    if (BLANK.test(text)) throw malformed();
    if (frame.isObject) {
      const piece = this.#parse(`{${text}}`) as Record<string, unknown>;
      frame.value ??= {};
      for (const name of Object.keys(piece)) put(frame.value, name, piece[name]);
    } else {
      const piece = this.#parse(`[${text}]`) as unknown[];
      frame.value ??= [];
      for (const item of piece) (frame.value as unknown[]).push(item);
    }
  }

  #checkBlank(begin: number, end: number): void {
    if (!BLANK.test(this.#text(begin, end))) throw malformed();
  }

  #text(begin: number, end: number): string {
    return this.#bytes.toString('utf8', begin, end);
  }
}

function put(target: object, name: string, value: unknown): void {
  // An assignment would change the prototype, where the application allows this name.
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else (target as Record<string, unknown>)[name] = value;
}

const refusal = (expected: string, received: string): RequestError =>
  new RequestError('malformed', expectation('body', expected, received));

const malformed = (): RequestError => refusal('JSON', 'something else');
