/** What the writers of embeddings have in common. */

import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';

/** Writes a matrix [rows, columns] whose number of rows is not known beforehand. */
export interface RowWriter {
  /** As given to `open`. */
  readonly path: string;
  readonly columns: number;
  /**
   * Appends rows: [n, columns] row-major, n >= 0. The array must stay as it is until the promise settles.
   * Calls need not be awaited one by one; the order of the calls is the order in the file.
   */
  write(rows: Float32Array): Promise<void>;
  /** Completes the file and moves it to its name; on failure nothing is left of it. */
  close(): Promise<{ rows: number }>;
  /** Gives the output up and removes what was written; does nothing after `close`. Never rejects. */
  abort(): Promise<void>;
  /** `abort` for a signal handler. Never throws. */
  abortSync(): void;
}

/** @throws ArgumentError unless `columns` is a positive safe integer */
export function checkColumns(path: string, columns: number): void {
  if (!Number.isSafeInteger(columns) || columns < 1) {
    throw new ArgumentError(expectation(`output ${path}, columns`, 'a positive integer', describe(columns)));
  }
}

/**
 * Number of rows in `rows`.
 * @throws ArgumentError if it is not a Float32Array
 * @throws ShapeError if its length is not a multiple of `columns`
 */
export function countRows(path: string, rows: Float32Array, columns: number): number {
  if (!types.isFloat32Array(rows)) {
    throw new ArgumentError(expectation(`output ${path}, rows`, 'a Float32Array', describe(rows)));
  }
  if (rows.length % columns !== 0) {
    throw new ShapeError(
      expectation(`output ${path}, rows`, `a multiple of ${columns} numbers`, String(rows.length)),
    );
  }
  return rows.length / columns;
}
