/** JSON lines: one array of numbers a row, or one object with an id and an embedding. */

import { expectation, FormatError } from '../errors.js';
import { MAX_DECIMAL_BYTES, putDecimal } from './float32_decimal.js';
import type { RecordId } from './record_batch.js';
import { checkLayout, type RowFormat, type RowLayout, type RowValues } from './row_format.js';

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const CLOSING_BRACE = 0x7d;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** Numbers turned into one piece of text at a time, at most about 1.6 MB whatever is written. */
const PIECE = 65_536;

/**
 * The lines of a matrix as ASCII bytes, each with its line end, in pieces of whole lines.
 * @param rows [n, columns] row-major
 * @param firstLine number of the first row, counted from 1, for errors
 * @param source names the output in errors
 * @param ids one for each row
 * @throws FormatError on a number that is not finite, which JSON cannot express
 */
export function* formatJsonLines(
  rows: RowValues,
  columns: number,
  firstLine: number,
  source: string,
  ids?: readonly RecordId[],
): Generator<Uint8Array> {
  const step = columns * Math.max(1, Math.floor(PIECE / columns));
  for (let begin = 0; begin < rows.length; begin += step) {
    const end = Math.min(begin + step, rows.length);
    // A number and its comma; a row's opening bracket stands in for the comma that its last number lacks.
    const heads = ids?.slice(begin / columns, end / columns).map(objectHead);
    const headBytes = heads?.reduce((sum, head) => sum + head.byteLength + 1, 0) ?? 0;
    const lineBytes = 2 * ((end - begin) / columns);
    const bytes = new Uint8Array((end - begin) * (MAX_DECIMAL_BYTES + 1) + lineBytes + headBytes);
    let at = 0;
    for (let i = begin; i < end; i++) {
      const value = rows[i]!;
      const column = i % columns;
      if (!Number.isFinite(value)) {
        const line = firstLine + Math.floor(i / columns);
        throw new FormatError(
          expectation(`${source}, line ${line}, column ${column + 1}`, 'a finite number', String(value)),
        );
      }
      if (column === 0 && heads !== undefined) {
        const head = heads[(i - begin) / columns]!;
        bytes.set(head, at);
        at += head.byteLength;
      }
      bytes[at++] = column === 0 ? OPENING_BRACKET : COMMA;
      at = putDecimal(value, bytes, at);
      if (column === columns - 1) {
        bytes[at++] = CLOSING_BRACKET;
        if (heads !== undefined) bytes[at++] = CLOSING_BRACE;
        bytes[at++] = LINE_FEED;
      }
    }
    yield bytes.subarray(0, at);
  }
}

function objectHead(id: RecordId): Uint8Array {
  return Buffer.from(`{"id":${typeof id === 'bigint' ? id : JSON.stringify(id)},"embedding":`);
}

/** Each number with the fewest digits that read back as it. Ids are strings or numbers as they came. */
export class JsonlFormat implements RowFormat {
  readonly layout: RowLayout;
  readonly #source: string;
  rows: number;

  /** @param source names the output in errors */
  constructor(layout: RowLayout, source: string, rows = 0) {
    this.layout = checkLayout(layout);
    this.#source = source;
    this.rows = rows;
  }

  start(): Uint8Array {
    return new Uint8Array(0);
  }

  append(values: RowValues, ids?: readonly RecordId[]): Iterable<Uint8Array> {
    const firstLine = this.rows + 1;
    this.rows += values.length / this.layout.columns;
    return formatJsonLines(values, this.layout.columns, firstLine, this.#source, ids);
  }

  *end(): Generator<Uint8Array> {}

  state(): unknown {
    return null;
  }
}
