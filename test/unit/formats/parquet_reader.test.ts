import { writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { ArgumentError, FormatError, SyntheticAttentionError } from '../../../lib/errors.js';
import { withInputFile } from '../../../lib/formats/input_file.js';
import { openParquet } from '../../../lib/formats/parquet_reader.js';
import { messageOf, ONE_SENTENCE } from './errors_of.js';
import { useTemporaryDirectory } from './temporary_directory.js';

const temporary = useTemporaryDirectory();
const texts = Array.from({ length: 5000 }, (_, i) => `text ${i} é ${'x'.repeat(i % 7)}`);
const numbers = BigInt64Array.from(texts, (_, i) => 2n ** 60n + BigInt(i));

type Options = Partial<Parameters<typeof parquetWriteBuffer>[0]>;

function bytesOf(options: Options = {}): Uint8Array {
  const columnData = [
    { name: 'text', data: texts, type: 'STRING' as const },
    { name: 'n', data: numbers, type: 'INT64' as const },
    { name: 'small', data: texts.map((_, i) => i), type: 'INT32' as const },
    { name: 'gaps', data: texts.map((t, i) => (i === 3000 ? null : t)), type: 'STRING' as const },
    { name: 'double', data: texts.map((_, i) => i + 0.5), type: 'DOUBLE' as const },
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 1500, ...options }));
}

async function read(bytes: Uint8Array, column: string, id?: string) {
  const path = temporary('a.parquet');
  writeFileSync(path, bytes);
  return withInputFile(path, async (file) => {
    const input = await openParquet(file, {
      column,
      source: 'input a.parquet',
      ...(id === undefined ? {} : { id }),
    });
    const all = {
      texts: [] as string[],
      ids: [] as unknown[],
      integerIds: input.integerIds,
      rows: input.rows,
    };
    for await (const batch of input.records()) {
      expect(batch.texts.length).toBeLessThanOrEqual(1024);
      all.texts.push(...batch.texts);
      all.ids.push(...(batch.ids ?? []));
    }
    return all;
  });
}

describe('openParquet', () => {
  it.each<[string, Options]>([
    ['UNCOMPRESSED', { codec: 'UNCOMPRESSED' }],
    ['SNAPPY', { codec: 'SNAPPY' }],
    ['GZIP', { codec: 'GZIP', compressors: { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)) } }],
  ])('reads texts and ids of all row groups, %s', async (_, options) => {
    const all = await read(bytesOf(options), 'text', 'n');
    expect(all.texts).toEqual(texts);
    expect(all.ids).toEqual([...numbers]);
    expect([all.integerIds, all.rows]).toEqual([true, 5000]);
  });

  it('takes columns by number, one column as text and id, and small integers as ids', async () => {
    expect((await read(bytesOf(), '1')).texts).toEqual(texts);
    const same = await read(bytesOf(), 'text', 'text');
    expect([same.ids, same.integerIds]).toEqual([texts, false]);
    expect((await read(bytesOf(), 'text', 'small')).ids.slice(0, 3)).toEqual([0, 1, 2]);
  });

  it.each([
    ['gaps', undefined, 'record 3001, column "gaps": expected a string but received null'],
    ['small', undefined, 'record 1, column "small": expected a string but received 0'],
    ['text', 'double', 'record 1, column "double": expected a string or an integer'],
  ])('refuses values of another type: %s, %s', async (column, id, part) => {
    const message = await messageOf(FormatError, () => read(bytesOf(), column, id));
    expect(message).toMatch(ONE_SENTENCE);
    expect(message).toContain(`input a.parquet, ${part}`);
  });

  it('refuses columns that are not there and columns of lists', async () => {
    expect(await messageOf(ArgumentError, () => read(bytesOf(), 'none'))).toContain(
      'input a.parquet: expected a column "none" but received the columns "text", "n"',
    );
    const lists = parquetWriteBuffer({
      columnData: [{ name: 'text', data: [['a'], ['b']] }],
      schema: [
        { name: 'root', num_children: 1 },
        { name: 'text', converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
    });
    expect(await messageOf(ArgumentError, () => read(new Uint8Array(lists), 'text'))).toContain(
      'expected a column of single values but received a column of groups',
    );
  });

  it('refuses other files and cut ones', async () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array(3),
      Buffer.from('PAR1 and more'),
      bytesOf().slice(0, -9),
    ]) {
      const message = await messageOf(FormatError, () => read(bytes, 'text'));
      expect(message).toMatch(ONE_SENTENCE);
    }
  });

  it('ends with one error, if any, on bytes that were changed', async () => {
    const bytes = bytesOf({ rowGroupSize: 5000 });
    for (let k = 0; k < 150; k++) {
      const broken = bytes.slice();
      // Most of them in the footer, where every byte steers the reader.
      const at = k % 3 === 0 ? (k * 7919) % bytes.length : bytes.length - 1 - ((k * 31) % 600);
      broken[at]! ^= 1 << (k % 8);
      try {
        await read(broken, 'text', 'n');
      } catch (error) {
        expect(error).toBeInstanceOf(SyntheticAttentionError);
      }
    }
  });
});
