/** .npy files (version 1.0, C order, two axes); the reader stands beside it. */

import { npyHeader } from './npy_header.js';
import { bytesOf, checkLayout, type RowFormat, type RowLayout, type RowValues } from './row_format.js';

export { npyHeader } from './npy_header.js';
export { type NpyArray, readNpy } from './npy_reader.js';

/**
 * The header with the number of rows is written last, in place, so the output must be a file that can seek;
 * `npyHeader` serves a pipe whose number of rows is known.
 */
export class NpyFormat implements RowFormat {
  readonly layout: RowLayout;
  rows: number;

  constructor(layout: RowLayout, rows = 0) {
    this.layout = checkLayout(layout);
    this.rows = rows;
  }

  start(): Uint8Array {
    return npyHeader(0, this.layout.columns, this.layout.type);
  }

  *append(values: RowValues): Generator<Uint8Array> {
    this.rows += values.length / this.layout.columns;
    yield bytesOf(values);
  }

  *end(): Generator<Uint8Array> {}

  patch(): Uint8Array {
    return npyHeader(this.rows, this.layout.columns, this.layout.type);
  }

  state(): unknown {
    return null;
  }
}
