/** Text lines from a stream of UTF-8 bytes. */

import { constants } from 'node:buffer';
import { types } from 'node:util';
import { ArgumentError, describe, expectation, FormatError } from '../errors.js';
import { ByteBuffer } from './byte_buffer.js';

const LINE_FEED = 0x0a;
/** Bytes of a byte order mark in UTF-8: EF BB BF. */
const MARK_BYTES = 3;
const DEFAULT_MAX_LINE = 64 * 2 ** 20;
/** Chunks above this many bytes are taken apart, so that one step stays short. */
const MAX_STEP = 2 ** 20;
/** A line and a step become one string. */
const MAX_MAX_LINE = constants.MAX_STRING_LENGTH - MAX_STEP;

export interface ReadLinesOptions {
  /** Bytes that a line may have without its line feed; 64 MiB by default. */
  readonly maxLineBytes?: number;
  /** Names the stream in errors; "input" by default. */
  readonly source?: string;
}

/** Lines that ended within one chunk, at least one. */
export interface LineBatch {
  lines: string[];
  /** Offset in the stream after the last of these lines; with the last batch, all bytes of the stream. */
  bytes: number;
}

/**
 * Splits at line feeds. One carriage return at the end of a line and a byte order mark at the start of the
 * stream are dropped, empty lines are kept, and a last line needs no line feed: "" has no line, "a\n" has one.
 * Invalid UTF-8 becomes U+FFFD. U+2028 and a carriage return within a line are ordinary characters.
 * Memory is bounded by one line, one chunk and their text; leaving the loop early ends `stream`.
 * @throws FormatError on a line above `maxLineBytes`, without waiting for its end
 * @throws ArgumentError if `maxLineBytes` is out of range or the stream yields anything but bytes
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  { maxLineBytes = DEFAULT_MAX_LINE, source = 'input' }: ReadLinesOptions = {},
): AsyncGenerator<LineBatch, void, undefined> {
  if (!Number.isSafeInteger(maxLineBytes) || maxLineBytes < 1 || maxLineBytes > MAX_MAX_LINE) {
    throw new ArgumentError(
      expectation('maxLineBytes', `an integer from 1 to ${MAX_MAX_LINE}`, describe(maxLineBytes)),
    );
  }
  const splitter = new LineSplitter(maxLineBytes, source);
  for await (const chunk of stream) {
    if (!types.isUint8Array(chunk)) {
      throw new ArgumentError(expectation(source, 'a stream of bytes', describe(chunk)));
    }
    for (let at = 0; at < chunk.byteLength; at += MAX_STEP) {
      const batch = splitter.push(chunk.subarray(at, at + MAX_STEP));
      if (batch !== undefined) yield batch;
    }
  }
  const batch = splitter.end();
  if (batch !== undefined) yield batch;
}

class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #source: string;
  /** The start of a line whose end has not come yet. */
  readonly #carry = new ByteBuffer();
  // The mark is dropped by hand, since TextDecoder would drop one at the start of every step.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Lines handed out. */
  #lines = 0;
  /** Bytes of the lines handed out, with their line feeds. */
  #bytes = 0;

  constructor(maxLineBytes: number, source: string) {
    this.#maxLineBytes = maxLineBytes;
    this.#source = source;
  }

  push(step: Uint8Array): LineBatch | undefined {
    const end = step.lastIndexOf(LINE_FEED) + 1;
    const batch = end === 0 ? undefined : this.#decode(this.#withCarry(step.subarray(0, end)), 1);
    this.#carry.append(step.subarray(end));
    // Whether the first line starts with a mark is settled when the line is decoded.
    const slack = this.#lines === 0 ? MARK_BYTES : 0;
    if (this.#carry.length > this.#maxLineBytes + slack) this.#failTooLong(this.#lines + 1);
    return batch;
  }

  end(): LineBatch | undefined {
    return this.#carry.length === 0 ? undefined : this.#decode(this.#carry.take(), 0);
  }

  #withCarry(bytes: Uint8Array): Uint8Array {
    if (this.#carry.length === 0) return bytes;
    this.#carry.append(bytes);
    return this.#carry.take();
  }

  /** Decodes whole lines, of which the last ends with `feeds` (0 or 1) line feeds. */
  #decode(bytes: Uint8Array, feeds: number): LineBatch | undefined {
    const marked = this.#lines === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const content = bytes.subarray(marked ? MARK_BYTES : 0, bytes.byteLength - feeds);
    this.#bytes += bytes.byteLength;
    if (content.byteLength === 0 && feeds === 0) return undefined;
    this.#checkLengths(content);
    // A line feed is never part of a longer UTF-8 sequence, so whole lines decode as they would in one piece.
    const lines = this.#decoder.decode(content).split('\n');
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i]!;
      if (line.endsWith('\r')) lines[i] = line.slice(0, -1);
    }
    this.#lines += lines.length;
    return { lines, bytes: this.#bytes };
  }

  #checkLengths(content: Uint8Array): void {
    if (content.byteLength <= this.#maxLineBytes) return;
    let begin = 0;
    for (let line = this.#lines + 1; begin <= content.byteLength; line++) {
      const feed = content.indexOf(LINE_FEED, begin);
      const end = feed < 0 ? content.byteLength : feed;
      if (end - begin > this.#maxLineBytes) this.#failTooLong(line);
      begin = end + 1;
    }
  }

  #failTooLong(line: number): never {
    throw new FormatError(
      expectation(`${this.#source}, line ${line}`, `at most ${this.#maxLineBytes} bytes`, 'more'),
    );
  }
}
