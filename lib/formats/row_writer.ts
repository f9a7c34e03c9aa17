/** Writes rows in a format to a file. */

import { AtomicFile, type AtomicFileOptions } from './atomic_file.js';
import type { RecordId } from './record_batch.js';
import { countRows, type RowFormat, type RowValues } from './row_format.js';

/** Where the bytes go. */
export interface RowSink {
  /** As the user gave it. */
  readonly path: string;
  write(bytes: Uint8Array): Promise<void>;
  writeAt(bytes: Uint8Array, position: number): Promise<void>;
  /** Brings what has been written to disk. */
  sync(): Promise<void>;
  /** Moves the whole file to its name. */
  commit(): Promise<void>;
  /** Gives the output up. Never rejects. */
  abort(): Promise<void>;
  /** `abort` for a signal handler. Never throws. */
  abortSync(): void;
}

export class RowWriter {
  readonly #sink: RowSink;
  readonly #format: RowFormat;
  #given = 0;
  /** Settles when all rows given so far are with the sink. */
  #queue: Promise<void> = Promise.resolve();

  /** @param isNew whether the first bytes are still to be written */
  constructor(sink: RowSink, format: RowFormat, isNew = true) {
    this.#sink = sink;
    this.#format = format;
    this.#given = format.rows;
    // Not awaited, so that the caller can abort from the moment the file exists; a failure shows in `write`
    // and `close`.
    if (isNew && format.start().byteLength > 0) sink.write(format.start()).catch(() => {});
  }

  /**
   * A file that appears under `path` only when it is whole.
   * @throws FileError if no file can be written at `path`, or it cannot seek and the format needs that
   */
  static async open(path: string, format: RowFormat, options: AtomicFileOptions = {}): Promise<RowWriter> {
    const seek = format.patch !== undefined;
    return new RowWriter(await AtomicFile.open(path, { ...options, seek }), format);
  }

  get path(): string {
    return this.#sink.path;
  }

  /**
   * Appends rows: [n, columns] row-major, n >= 0, with an id each if the format has ids. The arrays must stay as
   * they are until the promise settles. Calls need not be awaited one by one; the order of the calls is the order
   * in the file.
   * @throws ArgumentError, ShapeError if they do not fit the format
   * @throws FormatError on a number that the format cannot express; the file cannot be completed then
   * @throws FileError if writing fails
   */
  async write(values: RowValues, ids?: readonly RecordId[]): Promise<void> {
    this.#given += countRows(`output ${this.path}`, this.#format.layout, values, ids);
    // Behind the writes before it, or the pieces of two calls would mix; a failure fails all that follow.
    const done = this.#queue.then(async () => {
      for (const piece of this.#format.append(values, ids)) await this.#sink.write(piece);
    });
    this.#queue = done;
    await done;
  }

  /** Runs `use` when all rows given so far are with the sink, before those given later. */
  async settled(use: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(use);
    this.#queue = done;
    await done;
  }

  /**
   * Completes the file and moves it to its name; on failure it is given up.
   * @param beforeCommit called when the whole file is on disk and has not got its name yet
   * @throws what a write has failed with; FileError if completing the file fails
   */
  async close(beforeCommit?: () => Promise<void>): Promise<{ rows: number }> {
    const rows = this.#given;
    try {
      await this.#queue;
      for (const piece of this.#format.end()) await this.#sink.write(piece);
      if (this.#format.patch !== undefined) await this.#sink.writeAt(this.#format.patch(), 0);
      if (beforeCommit !== undefined) {
        await this.#sink.sync();
        await beforeCommit();
      }
      await this.#sink.commit();
    } catch (error) {
      await this.abort();
      throw error;
    }
    return { rows };
  }

  /** Does nothing after `close`. Never rejects. */
  abort(): Promise<void> {
    return this.#sink.abort();
  }

  /** `abort` for a signal handler. Never throws. */
  abortSync(): void {
    this.#sink.abortSync();
  }
}
