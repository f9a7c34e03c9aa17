/** Texts out of Parquet files: a column, one row group after another. */

import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
} from 'hyparquet';
import { ArgumentError, expectation, FormatError, SyntheticAttentionError } from '../errors.js';
import { columnIndex } from './column_name.js';
import type { InputFile } from './input_file.js';
import { quoteName } from './quote_name.js';
import { BATCH_RECORDS, checkId, checkText, type RecordBatch, type RecordId } from './record_batch.js';

export interface ParquetReadOptions {
  /** Name of the column with the text, or its number from 1 on. */
  readonly column: string;
  /** Column of the id, where ids are wanted. */
  readonly id?: string;
  /** Names the file in errors. */
  readonly source: string;
}

/** An open file whose footer has been read. */
export interface ParquetInput {
  readonly rows: number;
  /** Whether the ids are integers by their type. */
  readonly integerIds: boolean;
  /** Rows in the file's order. Memory is bounded by the chosen columns of one row group. */
  records(): AsyncGenerator<RecordBatch, void, undefined>;
}

/**
 * @throws FormatError if the file breaks a rule of the format, ArgumentError if a column is not there
 */
export async function openParquet(
  file: InputFile,
  { column, id, source }: ParquetReadOptions,
): Promise<ParquetInput> {
  const buffer: AsyncBuffer = {
    byteLength: file.size,
    slice(start, end = file.size) {
      if (!(start >= 0 && start <= end && end <= file.size)) {
        throw new RangeError(`bytes ${start} to ${end} of ${file.size}`);
      }
      const bytes = new Uint8Array(end - start);
      const read = file.read(bytes, start).then(() => bytes.buffer);
      // The library asks for several ranges at once and, when one fails, waits for no other.
      read.catch(() => {});
      return read;
    },
  };
  const attempt = async <T>(part: string, read: () => Promise<T>): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (error instanceof SyntheticAttentionError) throw error;
      const received = quoteName((error as Error).message);
      throw new FormatError(expectation(`${source}${part}`, 'a Parquet file', received), { cause: error });
    }
  };
  const metadata = await attempt('', () => parquetMetadataAsync(buffer));
  const fields = await attempt('', async () =>
    parquetSchema(metadata).children.map((child) => child.element),
  );
  const names = fields.map((field) => field.name);
  const find = (name: string): { name: string; type: string | undefined } => {
    const field = fields[columnIndex(name, names, names.length, source)]!;
    if (field.type === undefined || field.repetition_type === 'REPEATED') {
      const received = field.type === undefined ? 'a column of groups' : 'a column of lists';
      const place = `${source}, column ${quoteName(field.name)}`;
      throw new ArgumentError(expectation(place, 'a column of single values', received));
    }
    return { name: field.name, type: field.type };
  };
  const text = find(column);
  const key = id === undefined ? undefined : find(id);

  async function* records(): AsyncGenerator<RecordBatch, void, undefined> {
    const columns = key === undefined || key.name === text.name ? [text.name] : [text.name, key.name];
    const { compressors } = await import('hyparquet-compressors');
    let row = 0;
    for (let group = 0; group < metadata.row_groups.length; group++) {
      // As a file of one row group, so that nothing of another one is held.
      const one: FileMetaData = { ...metadata, row_groups: [metadata.row_groups[group]!] };
      const [texts, ids] = await attempt(`, row group ${group + 1}`, async () => {
        const scan = await parquetScan({ file: buffer, metadata: one, columns, compressors });
        const rowEnd = Number(one.row_groups[0]!.num_rows);
        const read = async (name: string): Promise<ArrayLike<unknown>> => {
          const values = await scan.readColumn({ column: name, rowStart: 0, rowEnd });
          if (values.length === rowEnd) return values;
          throw new Error(`${values.length} values for ${rowEnd} rows`);
        };
        const column = await read(text.name);
        return [
          column,
          key === undefined ? undefined : key.name === text.name ? column : await read(key.name),
        ];
      });
      for (let begin = 0; begin < texts!.length; begin += BATCH_RECORDS) {
        const end = Math.min(begin + BATCH_RECORDS, texts!.length);
        const batch: RecordBatch = { texts: [] };
        const batchIds: RecordId[] = [];
        for (let i = begin; i < end; i++) {
          row++;
          const place = (name: string) => () => `${source}, record ${row}, column ${quoteName(name)}`;
          batch.texts.push(checkText(place(text.name), texts![i]));
          if (ids !== undefined) batchIds.push(checkId(place(key!.name), ids[i]));
        }
        if (ids !== undefined) batch.ids = batchIds;
        yield batch;
      }
    }
  }

  return {
    rows: Number(metadata.num_rows),
    integerIds: key?.type === 'INT32' || key?.type === 'INT64',
    records,
  };
}
