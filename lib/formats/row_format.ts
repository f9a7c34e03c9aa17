/** What the formats of embeddings have in common: rows in, bytes out; where the bytes go is a sink's affair. */

import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import type { RecordId } from './record_batch.js';

export type NumberType = 'float32' | 'int8' | 'uint8';

/** [rows, columns] row-major. */
export type RowValues = Float32Array | Int8Array | Uint8Array;

/** Type of an id column where a format has types: all integers, or text. */
export type IdType = 'int64' | 'string';

export interface RowLayout {
  readonly columns: number;
  readonly type: NumberType;
  /** Undefined: rows have no ids. */
  readonly id?: IdType | undefined;
  /** Rows of a row group or record batch, for formats that have such; by default up to 4096, in up to 4 MiB. */
  readonly blockRows?: number;
}

/** Turns a matrix [rows, columns], whose number of rows is not known beforehand, into the bytes of a file. */
export interface RowFormat {
  readonly layout: RowLayout;
  /** Rows whose bytes have been handed out; a format may hold back others until it has enough for a block. */
  readonly rows: number;
  /** The first bytes of the file. */
  start(): Uint8Array;
  /** Bytes of rows; `values` must stay as they are until all are taken. */
  append(values: RowValues, ids?: readonly RecordId[]): Iterable<Uint8Array>;
  /** The last bytes. */
  end(): Iterable<Uint8Array>;
  /** After `end`: bytes to be written over those at the start. */
  patch?(): Uint8Array;
  /**
   * Whatever else is needed to go on with a file after the bytes handed out so far, as a value of JSON: a format
   * made with it, and told the number of rows, hands out the same bytes as this one would.
   */
  state(): unknown;
}

/** Where a format was left. */
export interface FormatPosition {
  readonly rows: number;
  /** What `state` gave. */
  readonly state: unknown;
}

/** @throws ArgumentError unless the columns are a positive safe integer */
export function checkLayout(layout: RowLayout): RowLayout {
  if (!Number.isSafeInteger(layout.columns) || layout.columns < 1) {
    throw new ArgumentError(expectation('output, columns', 'a positive integer', describe(layout.columns)));
  }
  return layout;
}

const IS: Record<NumberType, [check: (value: unknown) => boolean, name: string]> = {
  float32: [types.isFloat32Array, 'a Float32Array'],
  int8: [types.isInt8Array, 'an Int8Array'],
  uint8: [types.isUint8Array, 'a Uint8Array'],
};

/**
 * Number of rows.
 * @throws ArgumentError if the array is of another type
 * @throws ShapeError if it holds part of a row, or the ids are more or fewer than the rows
 */
export function countRows(
  subject: string,
  { columns, type, id }: RowLayout,
  values: RowValues,
  ids: readonly RecordId[] | undefined,
): number {
  const [check, name] = IS[type];
  if (!check(values)) throw new ArgumentError(expectation(`${subject}, rows`, name, describe(values)));
  if (values.length % columns !== 0) {
    throw new ShapeError(
      expectation(`${subject}, rows`, `a multiple of ${columns} numbers`, String(values.length)),
    );
  }
  const rows = values.length / columns;
  const expected = id === undefined ? undefined : rows;
  if (ids?.length !== expected) {
    throw new ShapeError(
      expectation(`${subject}, ids`, expected === undefined ? 'none' : String(expected), String(ids?.length)),
    );
  }
  return rows;
}

/** The bytes of an array. The machines that this package has kernels for are little-endian, as the formats are. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Rows of a block, which is kept in memory until it is full: by default a power of two. Larger ones would be read a
 * little faster, but what is in memory is lost when the process is killed.
 */
export function rowsPerBlock({ columns, type, blockRows }: RowLayout): number {
  if (blockRows !== undefined) return blockRows;
  const bytes = columns * (type === 'float32' ? 4 : 1);
  return 2 ** Math.max(0, Math.min(12, Math.floor(Math.log2(2 ** 22 / bytes))));
}

const ARRAYS = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array } as const;

/** Collects rows into blocks of one size, so that a file does not show in which pieces its rows came. */
export class BlockBuffer {
  readonly #layout: RowLayout;
  readonly #size: number;
  #values: RowValues | undefined;
  #ids: RecordId[] = [];
  #rows = 0;

  constructor(layout: RowLayout) {
    this.#layout = layout;
    this.#size = rowsPerBlock(layout);
  }

  *push(values: RowValues, ids: readonly RecordId[] | undefined): Generator<Block> {
    const { columns, type } = this.#layout;
    const count = values.length / columns;
    for (let begin = 0; begin < count; ) {
      const end = Math.min(count, begin + this.#size - this.#rows);
      this.#values ??= new ARRAYS[type](this.#size * columns);
      this.#values.set(values.subarray(begin * columns, end * columns), this.#rows * columns);
      for (let i = begin; ids !== undefined && i < end; i++) this.#ids.push(ids[i]!);
      this.#rows += end - begin;
      begin = end;
      if (this.#rows === this.#size) yield this.take()!;
    }
  }

  /** What is there, if anything. */
  take(): Block | undefined {
    if (this.#rows === 0) return undefined;
    const block = {
      rows: this.#rows,
      values: this.#values!.subarray(0, this.#rows * this.#layout.columns),
      ids: this.#layout.id === undefined ? undefined : this.#ids,
    };
    this.#rows = 0;
    this.#ids = [];
    this.#values = undefined;
    return block;
  }
}

export interface Block {
  rows: number;
  values: RowValues;
  ids: RecordId[] | undefined;
}
