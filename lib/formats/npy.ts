/** Writer of .npy files (version 1.0, '<f4', C order, two axes); the reader stands beside it. */

import { AtomicFile } from './atomic_file.js';
import { npyHeader } from './npy_header.js';
import { checkColumns, countRows, type RowWriter } from './row_writer.js';

export { npyHeader } from './npy_header.js';
export { type NpyArray, readNpy } from './npy_reader.js';

/**
 * Writes a float32 matrix [rows, columns]. The header with the number of rows is written last, in place, so
 * the output must be a file that can seek; `npyHeader` serves a pipe whose number of rows is known.
 */
export class NpyWriter implements RowWriter {
  readonly columns: number;
  readonly #file: AtomicFile;
  #rows = 0;

  private constructor(file: AtomicFile, columns: number) {
    this.#file = file;
    this.columns = columns;
  }

  get path(): string {
    return this.#file.path;
  }

  /**
   * @throws ArgumentError if `columns` is not a positive integer
   * @throws FileError if no file can be written at `path`, or it cannot seek
   */
  static async open(path: string, columns: number): Promise<NpyWriter> {
    checkColumns(path, columns);
    const file = await AtomicFile.open(path, { seek: true });
    // Not awaited, so that the caller can abort from the moment the file exists; a failure shows in `write`
    // and `close`.
    file.write(npyHeader(0, columns)).catch(() => {});
    return new NpyWriter(file, columns);
  }

  /**
   * @throws ShapeError if the length of `rows` is not a multiple of the columns
   * @throws FileError if writing fails
   */
  async write(rows: Float32Array): Promise<void> {
    this.#rows += countRows(this.path, rows, this.columns);
    // The machines that this package has kernels for are little-endian, as '<f4' is.
    await this.#file.write(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }

  /** @throws FileError if writing fails or has failed */
  async close(): Promise<{ rows: number }> {
    const rows = this.#rows;
    try {
      await this.#file.writeAt(npyHeader(rows, this.columns), 0);
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
}
