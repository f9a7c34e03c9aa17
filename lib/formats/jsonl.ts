/** Writer of JSON lines: one array of numbers a row. */

import { expectation, FormatError } from '../errors.js';
import { AtomicFile } from './atomic_file.js';
import { MAX_DECIMAL_BYTES, putDecimal } from './float32_decimal.js';
import { checkColumns, countRows, type RowWriter } from './row_writer.js';

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** Numbers turned into one piece of text at a time, at most about 1.6 MB whatever is written. */
const PIECE = 65_536;

/**
 * The lines of a matrix as ASCII bytes, each with its line end, in pieces of whole lines.
 * @param rows [n, columns] row-major
 * @param firstLine number of the first row, counted from 1, for errors
 * @param source names the output in errors
 * @throws FormatError on a number that is not finite, which JSON cannot express
 */
export function* formatJsonLines(
  rows: Float32Array,
  columns: number,
  firstLine: number,
  source: string,
): Generator<Uint8Array> {
  const step = columns * Math.max(1, Math.floor(PIECE / columns));
  for (let begin = 0; begin < rows.length; begin += step) {
    const end = Math.min(begin + step, rows.length);
    // A number and its comma; a row's opening bracket stands in for the comma that its last number lacks.
    const bytes = new Uint8Array((end - begin) * (MAX_DECIMAL_BYTES + 1) + 2 * ((end - begin) / columns));
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
      bytes[at++] = column === 0 ? OPENING_BRACKET : COMMA;
      at = putDecimal(value, bytes, at);
      if (column === columns - 1) {
        bytes[at++] = CLOSING_BRACKET;
        bytes[at++] = LINE_FEED;
      }
    }
    yield bytes.subarray(0, at);
  }
}

/** Writes a float32 matrix [rows, columns], each number with the fewest digits that read back as it. */
export class JsonlWriter implements RowWriter {
  readonly columns: number;
  readonly #file: AtomicFile;
  #rows = 0;
  /** Settles when all rows given so far are written. */
  #queue: Promise<void> = Promise.resolve();

  private constructor(file: AtomicFile, columns: number) {
    this.#file = file;
    this.columns = columns;
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * @throws ArgumentError if `columns` is not a positive integer
   * @throws FileError if no file can be written at `path`
   */
  static async open(path: string, columns: number): Promise<JsonlWriter> {
    checkColumns(path, columns);
    return new JsonlWriter(await AtomicFile.open(path), columns);
  }

  /**
   * @throws ShapeError if the length of `rows` is not a multiple of the columns
   * @throws FormatError on a number that is not finite; the file cannot be completed then
   * @throws FileError if writing fails
   */
  async write(rows: Float32Array): Promise<void> {
    const count = countRows(this.path, rows, this.columns);
    const firstLine = this.#rows + 1;
    this.#rows += count;
    // Behind the writes before it, or the pieces of two calls would mix; a failure fails all that follow.
    const done = this.#queue.then(() => this.#append(rows, firstLine));
    this.#queue = done;
    await done;
  }

  /** @throws what a write has failed with; FileError if completing the file fails */
  async close(): Promise<{ rows: number }> {
    const rows = this.#rows;
    try {
      await this.#queue;
    } catch (error) {
      await this.abort();
      throw error;
    }
    await this.#file.commit();
    return { rows };
  }

  abort(): Promise<void> {
    return this.#file.abort();
  }

  abortSync(): void {
    this.#file.abortSync();
  }

  async #append(rows: Float32Array, firstLine: number): Promise<void> {
    for (const piece of formatJsonLines(rows, this.columns, firstLine, `output ${this.path}`)) {
      await this.#file.write(piece);
    }
  }
}
