/** Parquet files: a column "embedding" of lists and, where there are ids, a column "id" before it. */

import type { RowGroup, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { listElements, writeListColumn } from './parquet_list_column.js';
import type { RecordId } from './record_batch.js';
import {
  type Block,
  BlockBuffer,
  checkLayout,
  type FormatPosition,
  type IdType,
  type RowFormat,
  type RowLayout,
  type RowValues,
} from './row_format.js';

const ID = 'id';
const EMBEDDING = 'embedding';

/** Small for each row group, since there may be many: row groups differ in a few numbers only. */
interface State {
  /** Bytes handed out. */
  offset: number;
  /** The first row group, its bigints as "12n". */
  template: unknown;
  /** Of every row group: rows, bytes, and of each column what CHUNK_NUMBERS names; -1 for what is not there. */
  groups: number[][];
}

const CHUNK_NUMBERS = [
  'num_values',
  'total_uncompressed_size',
  'total_compressed_size',
  'data_page_offset',
  'dictionary_page_offset',
] as const;

/** Row groups of one size (`rowsPerBlock`); of the groups before, only their entry in the footer is kept. */
export class ParquetFormat implements RowFormat {
  readonly layout: RowLayout;
  readonly #buffer: BlockBuffer;
  readonly #bytes = new ByteWriter();
  readonly #writer: ParquetWriter;
  rows = 0;

  /** @param position where an earlier object of the same layout stopped */
  constructor(layout: RowLayout, position?: FormatPosition) {
    this.layout = checkLayout(layout);
    this.#buffer = new BlockBuffer(layout);
    // The constructor writes the first bytes of a file, which `start` hands out or, in a file begun earlier, drops.
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: schema(layout),
      codec: 'UNCOMPRESSED',
      statistics: false,
      createdBy: 'synthetic-attention',
    });
    if (position === undefined) return;
    this.#take();
    const state = position.state as State;
    this.#bytes.offset = state.offset;
    this.#writer.row_groups = decodeGroups(state);
    this.#writer.num_rows = BigInt(position.rows);
    this.rows = position.rows;
  }

  start(): Uint8Array {
    return Uint8Array.from([0x50, 0x41, 0x52, 0x31]);
  }

  *append(values: RowValues, ids?: readonly RecordId[]): Generator<Uint8Array> {
    for (const block of this.#buffer.push(values, ids)) yield* this.#group(block);
  }

  *end(): Generator<Uint8Array> {
    const block = this.#buffer.take();
    if (block !== undefined) yield* this.#group(block);
    this.#dropStart();
    this.#writer.finish();
    yield this.#take();
  }

  state(): unknown {
    return encodeState(this.#bytes.offset, this.#writer.row_groups);
  }

  *#group({ rows, values, ids }: Block): Generator<Uint8Array> {
    this.#dropStart();
    const writer = this.#writer;
    const { columns, type, id } = this.layout;
    if (ids === undefined) {
      writer.row_groups.push({ columns: [], total_byte_size: 0n, num_rows: BigInt(rows) });
      writer.num_rows += BigInt(rows);
    } else {
      const data = id === 'int64' ? ids.map(BigInt) : ids.map(String);
      const encoding = id === 'int64' ? 'DELTA_BINARY_PACKED' : 'PLAIN';
      writer.write({ columnData: [{ name: ID, data, encoding, offsetIndex: false }], rowGroupSize: rows });
      // Kept by the library for page indices, which a chunk of one page has none of.
      writer.pendingIndexes.length = 0;
    }
    const group = writer.row_groups.at(-1)!;
    const chunk = writeListColumn(this.#bytes, EMBEDDING, values, columns, type);
    group.columns.push(chunk);
    group.total_byte_size += chunk.meta_data!.total_uncompressed_size;
    group.total_compressed_size = group.total_byte_size;
    yield this.#take();
    this.rows += rows;
  }

  /** The first bytes went out through `start`. */
  #dropStart(): void {
    if (this.#bytes.offset === 4) this.#take();
  }

  /** The bytes that have come since the last call. */
  #take(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return bytes;
  }
}

function schema({ type, id }: RowLayout): SchemaElement[] {
  const list = listElements(EMBEDDING, type);
  const root = { name: 'schema', num_children: id === undefined ? 1 : 2 };
  return id === undefined ? [root, ...list] : [root, idElement(id), ...list];
}

function idElement(type: IdType): SchemaElement {
  return type === 'int64'
    ? { name: ID, type: 'INT64', repetition_type: 'REQUIRED' }
    : { name: ID, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
}

function encodeState(offset: number, groups: readonly RowGroup[]): State {
  const template = groups[0] === undefined ? null : JSON.parse(JSON.stringify(groups[0], bigintToText));
  const numbers = groups.map(({ num_rows, total_byte_size, columns }) =>
    [
      num_rows,
      total_byte_size,
      ...columns.flatMap(({ file_offset, meta_data }) => [
        file_offset,
        ...CHUNK_NUMBERS.map((name) => meta_data![name] ?? -1n),
      ]),
    ].map(Number),
  );
  return { offset, template, groups: numbers };
}

function decodeGroups({ template, groups }: State): RowGroup[] {
  return groups.map((numbers) => {
    const group = JSON.parse(JSON.stringify(template), textToBigint) as RowGroup;
    const next = numbers.map(BigInt).values();
    const take = (): bigint => next.next().value as bigint;
    group.num_rows = take();
    group.total_byte_size = take();
    group.total_compressed_size = group.total_byte_size;
    for (const chunk of group.columns) {
      chunk.file_offset = take();
      for (const name of CHUNK_NUMBERS) {
        const value = take();
        if (value >= 0n) chunk.meta_data![name] = value;
      }
    }
    return group;
  });
}

const bigintToText = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;

/** No name in a row group looks like one. */
const textToBigint = (_: string, value: unknown): unknown =>
  typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
