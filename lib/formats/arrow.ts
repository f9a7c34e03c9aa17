/** Arrow IPC, as a file (Feather version 2) or a stream: a column "embedding" of fixed-size lists, and "id". */

import {
  batchType,
  Column,
  columnFromArray,
  type DataType,
  type Field,
  field,
  fixedSizeList,
  float32,
  int8,
  int64,
  Table,
  tableToIPC,
  uint8,
  utf8,
} from '@uwdata/flechette';
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

/** "ARROW1", padded to a multiple of 8. */
const MAGIC = Uint8Array.from([0x41, 0x52, 0x52, 0x4f, 0x57, 0x31, 0, 0]);
/** Says that no message follows. */
const END_OF_STREAM = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

const NUMBERS = { float32, int8, uint8 };

/** Where a record batch stands: offset in the file, bytes of its metadata, bytes of its body. */
type BatchPlace = [offset: number, metadata: number, body: number];

interface State {
  offset: number;
  batches: BatchPlace[];
}

/** Record batches of one size (`rowsPerBlock`); of the batches before, only their places are kept, for a file. */
export class ArrowFormat implements RowFormat {
  readonly layout: RowLayout;
  readonly #kind: 'file' | 'stream';
  readonly #buffer: BlockBuffer;
  readonly #schema: Uint8Array;
  readonly #batches: BatchPlace[];
  #offset: number;
  rows: number;

  /** @param position where an earlier object of the same layout stopped */
  constructor(layout: RowLayout, kind: 'file' | 'stream', position?: FormatPosition) {
    this.layout = checkLayout(layout);
    this.#kind = kind;
    this.#buffer = new BlockBuffer(layout);
    this.#schema = encode(table(layout, []), 'stream').slice(0, -END_OF_STREAM.byteLength);
    const state = position?.state as State | undefined;
    this.rows = position?.rows ?? 0;
    this.#batches = state?.batches ?? [];
    this.#offset = state?.offset ?? this.start().byteLength;
  }

  start(): Uint8Array {
    return this.#kind === 'file' ? Buffer.concat([MAGIC, this.#schema]) : this.#schema;
  }

  *append(values: RowValues, ids?: readonly RecordId[]): Generator<Uint8Array> {
    for (const block of this.#buffer.push(values, ids)) yield* this.#batch(block);
  }

  *end(): Generator<Uint8Array> {
    const block = this.#buffer.take();
    if (block !== undefined) yield* this.#batch(block);
    yield END_OF_STREAM;
    if (this.#kind === 'file') yield footer(this.layout, this.#batches);
  }

  state(): unknown {
    const state: State = { offset: this.#offset, batches: this.#batches };
    return structuredClone(state);
  }

  *#batch(block: Block): Generator<Uint8Array> {
    // A stream of this batch alone, without the schema before it and the end after it.
    const stream = encode(table(this.layout, [block]), 'stream');
    const bytes = stream.subarray(this.#schema.byteLength, -END_OF_STREAM.byteLength);
    yield bytes;
    this.rows += block.rows;
    if (this.#kind === 'file') {
      const metadata = 8 + new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);
      this.#batches.push([this.#offset, metadata, bytes.byteLength - metadata]);
    }
    this.#offset += bytes.byteLength;
  }
}

function encode(content: Table, format: 'file' | 'stream'): Uint8Array {
  return tableToIPC(content, { format })!;
}

/** One record batch a block. */
function table({ columns, type, id }: RowLayout, blocks: readonly Block[]): Table {
  const numbers = NUMBERS[type]();
  const list = fixedSizeList(field('item', numbers, false), columns);
  const fields: Field[] = [];
  const data: Column<unknown>[] = [];
  const add = (name: string, column: Column<unknown>): void => {
    fields.push(field(name, column.type as DataType, false));
    data.push(column);
  };
  if (id !== undefined) {
    const ids = blocks.map((block) => idBatch(id, block.ids!));
    add('id', new Column(ids, id === 'int64' ? int64() : utf8()) as Column<unknown>);
  }
  const none = { nullCount: 0, validity: new Uint8Array(0) };
  const lists = blocks.map(({ rows, values }) => {
    const child = new (batchType(numbers))({ ...none, length: values.length, type: numbers, values });
    return new (batchType(list))({ ...none, length: rows, type: list, children: [child] });
  });
  add('embedding', new Column(lists, list) as Column<unknown>);
  const empty = new Map<string, string>();
  return new Table({ version: 4, endianness: 0, fields, metadata: empty }, data);
}

function idBatch(id: IdType, ids: readonly RecordId[]) {
  const type = id === 'int64' ? int64() : utf8();
  if (ids.length === 0) {
    const none = { length: 0, nullCount: 0, type, validity: new Uint8Array(0) };
    return new (batchType(type))({ ...none, offsets: new Int32Array(1), values: new Uint8Array(0) });
  }
  const column =
    id === 'int64'
      ? columnFromArray(BigInt64Array.from(ids, BigInt), undefined, { useBigInt: true })
      : columnFromArray(ids.map(String), type);
  return column.data[0]!;
}

/**
 * The footer of a file lists where its batches stand. The library writes it for batches that it has at hand; so it
 * is given as many empty ones, and their places are overwritten with the true ones.
 */
function footer(layout: RowLayout, batches: readonly BatchPlace[]): Uint8Array {
  const ids = layout.id === undefined ? undefined : [];
  const values = new Float32Array(0);
  const blocks = batches.map(() => ({ rows: 0, values, ids }));
  const file = encode(table(layout, blocks), 'file');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const tail = 4 + 6;
  const begin = file.byteLength - tail - view.getInt32(file.byteLength - tail, true);
  // The footer is a FlatBuffer: its root table finds its fields by a table of offsets, in which the record batches
  // are the field 3, a vector of structs of 24 bytes.
  const root = begin + view.getUint32(begin, true);
  const offsets = root - view.getInt32(root, true);
  const batchField = root + view.getUint16(offsets + 4 + 2 * 3, true);
  const vector = batchField + view.getUint32(batchField, true);
  for (const [i, [offset, metadata, body]] of batches.entries()) {
    const at = vector + 4 + 24 * i;
    view.setBigInt64(at, BigInt(offset), true);
    view.setInt32(at + 8, metadata, true);
    view.setBigInt64(at + 16, BigInt(body), true);
  }
  return file.subarray(begin);
}
