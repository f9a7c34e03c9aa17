/** The numbers alone, little-endian, row after row. */

import { bytesOf, checkLayout, type RowFormat, type RowLayout, type RowValues } from './row_format.js';

export class RawFormat implements RowFormat {
  readonly layout: RowLayout;
  rows: number;

  constructor(layout: RowLayout, rows = 0) {
    this.layout = checkLayout(layout);
    this.rows = rows;
  }

  start(): Uint8Array {
    return new Uint8Array(0);
  }

  *append(values: RowValues): Generator<Uint8Array> {
    this.rows += values.length / this.layout.columns;
    yield bytesOf(values);
  }

  *end(): Generator<Uint8Array> {}

  state(): unknown {
    return null;
  }
}
