/** What all formats of embeddings have in common, and each against a reader of its own. */
import { describe, expect, it } from '@jest/globals';
import { tableFromIPC } from '@uwdata/flechette';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { ArgumentError } from '../../../lib/errors.js';
import { ArrowFormat } from '../../../lib/formats/arrow.js';
import { JsonlFormat } from '../../../lib/formats/jsonl.js';
import { NpyFormat, npyHeader } from '../../../lib/formats/npy.js';
import { ParquetFormat } from '../../../lib/formats/parquet.js';
import { RawFormat } from '../../../lib/formats/raw.js';
import type { RecordId } from '../../../lib/formats/record_batch.js';
import {
  type FormatPosition,
  type IdType,
  type NumberType,
  type RowFormat,
  type RowLayout,
  type RowValues,
  rowsPerBlock,
} from '../../../lib/formats/row_format.js';
import { messageOf } from './errors_of.js';

type Make = (layout: RowLayout, position?: FormatPosition) => RowFormat;
type Read = (bytes: Uint8Array, layout: RowLayout) => Promise<{ id?: unknown; embedding: number[] }[]>;

const ARRAYS = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array };

/** Not `slice`, which for a Buffer is a view. */
const copy = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

const rowsOf = (numbers: ArrayLike<number>, columns: number) =>
  Array.from({ length: numbers.length / columns }, (_, i) => ({
    embedding: Array.from(numbers).slice(i * columns, (i + 1) * columns),
  }));

const readArrow: Read = async (bytes) => {
  const table = tableFromIPC(bytes, { useBigInt: true });
  return (table.toArray() as { id?: unknown; embedding: Iterable<number> }[]).map((row) => ({
    ...(row.id === undefined ? {} : { id: row.id }),
    embedding: [...row.embedding],
  }));
};

const FORMATS: [name: string, withIds: boolean, make: Make, read: Read][] = [
  [
    'npy',
    false,
    (layout, position) => new NpyFormat(layout, position?.rows),
    async (bytes, { columns, type }) => {
      const header = npyHeader(0, columns, type).length;
      return rowsOf(new ARRAYS[type](copy(bytes.subarray(header))), columns);
    },
  ],
  [
    'raw',
    false,
    (layout, position) => new RawFormat(layout, position?.rows),
    async (bytes, { columns, type }) => rowsOf(new ARRAYS[type](copy(bytes)), columns),
  ],
  [
    'jsonl',
    true,
    (layout, position) => new JsonlFormat(layout, 'x', position?.rows),
    async (bytes) =>
      Buffer.from(bytes)
        .toString()
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line))
        .map((row) => (Array.isArray(row) ? { embedding: row } : row)),
  ],
  [
    'parquet',
    true,
    (layout, position) => new ParquetFormat(layout, position),
    async (bytes) => parquetReadObjects({ file: copy(bytes) }) as never,
  ],
  ['arrow file', true, (layout, position) => new ArrowFormat(layout, 'file', position), readArrow],
  ['arrow stream', true, (layout, position) => new ArrowFormat(layout, 'stream', position), readArrow],
];

/** The whole file of rows that come in pieces. */
function write(format: RowFormat, pieces: [RowValues, RecordId[] | undefined][]): Buffer {
  const parts: Uint8Array[] = [format.start()];
  for (const [values, ids] of pieces) for (const part of format.append(values, ids)) parts.push(part.slice());
  parts.push(...format.end());
  const bytes = Buffer.concat(parts);
  if (format.patch !== undefined) bytes.set(format.patch(), 0);
  return bytes;
}

function makeRows(count: number, { columns, type, id }: RowLayout): [RowValues, RecordId[] | undefined] {
  const values = new ARRAYS[type](count * columns);
  for (let i = 0; i < values.length; i++) values[i] = type === 'float32' ? Math.sin(i) : (i * 37) & 255;
  const ids = Array.from({ length: count }, (_, i) => (id === 'int64' ? 10n ** 15n + BigInt(i) : `é ${i}`));
  return [values, id === undefined ? undefined : ids];
}

function cut([values, ids]: ReturnType<typeof makeRows>, columns: number, sizes: number[]) {
  const pieces: ReturnType<typeof makeRows>[] = [];
  for (let begin = 0, k = 0; begin < values.length / columns; k++) {
    const end = begin + sizes[k % sizes.length]!;
    pieces.push([values.subarray(begin * columns, end * columns), ids?.slice(begin, end)]);
    begin = end;
  }
  return pieces;
}

describe.each(FORMATS)('%s', (_, withIds, make, read) => {
  const layouts: RowLayout[] = (['float32', 'int8', 'uint8'] as NumberType[]).flatMap((type) =>
    ((withIds ? [undefined, 'string', 'int64'] : [undefined]) as (IdType | undefined)[]).flatMap((id) =>
      [1, 3, 8].map((columns) => ({ columns, type, id })),
    ),
  );

  it.each(layouts)('gives back rows of %o', async (layout) => {
    for (const count of [0, 1, 7]) {
      const [values, ids] = makeRows(count, layout);
      const bytes = write(make(layout), cut([values, ids], layout.columns, [2]));
      const rows = await read(bytes, layout);
      expect(rows.map((row) => [...row.embedding].map(Math.fround))).toEqual(
        rowsOf(values, layout.columns).map(({ embedding }) => embedding),
      );
      // JSON has one kind of number.
      if (ids !== undefined) expect(rows.map((row) => String(row.id))).toEqual(ids.map(String));
    }
  });

  const small: RowLayout = {
    columns: 3,
    type: 'float32',
    blockRows: 4,
    ...(withIds ? { id: 'string' as const } : {}),
  };

  it('does not show in which pieces rows came', () => {
    const rows = makeRows(11, small);
    const whole = write(make(small), [rows]);
    expect(write(make(small), cut(rows, 3, [1, 7, 2])).equals(whole)).toBe(true);
  });

  it('goes on from any state with the bytes that an uninterrupted one gives', () => {
    const rows = makeRows(11, small);
    const whole = write(make(small), [rows]);
    const pieces = cut(rows, 3, [2]);
    for (let stop = 0; stop <= pieces.length; stop++) {
      const first = make(small);
      const parts: Uint8Array[] = [first.start()];
      for (const [values, ids] of pieces.slice(0, stop)) {
        for (const part of first.append(values, ids)) parts.push(part.slice());
      }
      const state = JSON.parse(JSON.stringify(first.state()));
      const second = make(small, { rows: first.rows, state });
      const left = cut([rows[0].subarray(first.rows * 3), rows[1]?.slice(first.rows)], 3, [5]);
      const rest = write(second, left).subarray(second.start().length);
      const bytes = Buffer.concat([...parts, rest]);
      if (second.patch !== undefined) bytes.set(second.patch(), 0);
      expect(bytes.equals(whole)).toBe(true);
    }
  });

  it.each([0, -1, 1.5])('refuses %d columns', async (columns) => {
    await messageOf(ArgumentError, () => make({ columns, type: 'float32' }));
  });
});

describe('parquet', () => {
  it('has row groups of one size and the types that readers expect', () => {
    const layout: RowLayout = { columns: 2000, type: 'int8', id: 'int64', blockRows: 4 };
    const size = 4;
    const bytes = write(new ParquetFormat(layout), [makeRows(2 * size + 1, layout)]);
    const metadata = parquetMetadata(copy(bytes));
    expect(metadata.num_rows).toBe(BigInt(2 * size + 1));
    expect(metadata.row_groups.map((group) => Number(group.num_rows))).toEqual([size, size, 1]);
    expect(metadata.schema.map(({ name, type, converted_type }) => [name, type, converted_type])).toEqual([
      ['schema', undefined, undefined],
      ['id', 'INT64', undefined],
      ['embedding', undefined, 'LIST'],
      ['list', undefined, undefined],
      ['element', 'INT32', 'INT_8'],
    ]);
    // A byte for each number, not four.
    expect(bytes.length).toBeLessThan(1.5 * 2000 * (2 * size + 1));
  });
});

describe('arrow file', () => {
  it('has a footer that leads to every batch, since readers that seek go by it', () => {
    const layout: RowLayout = { columns: 3, type: 'float32', id: 'string', blockRows: 4 };
    const bytes = copy(write(new ArrowFormat(layout, 'file'), [makeRows(11, layout)]));
    const view = new DataView(bytes);
    const end = bytes.byteLength;
    expect(Buffer.from(bytes, end - 6).toString()).toBe('ARROW1');
    const begin = end - 10 - view.getInt32(end - 10, true);
    const root = begin + view.getUint32(begin, true);
    const field = root + view.getUint16(root - view.getInt32(root, true) + 10, true);
    const vector = field + view.getUint32(field, true);
    expect(view.getUint32(vector, true)).toBe(3);
    let next = 0;
    for (let at = vector + 4; at < vector + 4 + 72; at += 24) {
      const offset = Number(view.getBigInt64(at, true));
      const metadata = view.getInt32(at + 8, true);
      expect(offset % 8).toBe(0);
      // Each begins with the mark of a message and the length of its metadata, where the one before ends.
      expect([view.getInt32(offset, true), view.getInt32(offset + 4, true)]).toEqual([-1, metadata - 8]);
      if (next > 0) expect(offset).toBe(next);
      next = offset + metadata + Number(view.getBigInt64(at + 16, true));
    }
    expect([view.getInt32(next, true), view.getInt32(next + 4, true)]).toEqual([-1, 0]);
  });
});

it('npy headers name the type', () => {
  const text = (type: NumberType) => Buffer.from(npyHeader(1, 2, type)).toString('latin1');
  expect(text('float32')).toContain("'<f4'");
  expect(text('int8')).toContain("'|i1'");
  expect(text('uint8')).toContain("'|u1'");
});

it('blocks have a bounded number of bytes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.constantFrom('float32', 'int8'), (columns, type) => {
      const rows = rowsPerBlock({ columns, type: type as NumberType });
      expect(rows === 1 || rows * columns * (type === 'int8' ? 1 : 4) <= 2 ** 22).toBe(true);
    }),
  );
});
