/** Texts out of CSV and TSV by RFC 4180: a column of each record. */

import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { expectation, FormatError, type SyntheticAttentionError } from '../errors.js';
import { columnIndex } from './column_name.js';
import { BatchCollector, type RecordBatch } from './record_batch.js';

export interface CsvReadOptions {
  readonly delimiter: ',' | '\t';
  /** Name of the column with the text, or its number from 1 on. */
  readonly column: string;
  /** Column of the id, where ids are wanted. */
  readonly id?: string;
  /** Whether the first record has the names of the columns. */
  readonly header: boolean;
  /** Characters that a record may have; 2^24 by default. */
  readonly maxRecord?: number;
  /** Names the stream in errors. */
  readonly source: string;
}

/** Without a limit one quote that never closes would take the whole file into memory. */
const DEFAULT_MAX_RECORD = 16 * 2 ** 20;

const REASONS: ReadonlyMap<string, string> = new Map([
  ['CSV_QUOTE_NOT_CLOSED', 'a quoted field without end'],
  ['CSV_INVALID_CLOSING_QUOTE', 'characters after a closing quote'],
  ['INVALID_OPENING_QUOTE', 'a quote within a field that is not quoted'],
  ['CSV_MAX_RECORD_SIZE', 'a record that is too long, as behind a quote that never closes'],
]);

/**
 * Fields may be quoted, and hold delimiters, line ends and doubled quotes then. Lines end with LF or CR LF; empty
 * lines are skipped if there is more than one column. Invalid UTF-8 becomes U+FFFD.
 * @throws FormatError on broken quotes and on a record with another number of fields
 * @throws ArgumentError if a column is not there
 */
export async function* readCsv(
  stream: Readable,
  { delimiter, column, id, header, maxRecord = DEFAULT_MAX_RECORD, source }: CsvReadOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    // Counted here, where it is known which record was meant.
    relax_column_count: true,
    max_record_size: maxRecord,
  });
  stream.once('error', (error) => parser.destroy(error));
  stream.pipe(parser);
  const collector = new BatchCollector(id !== undefined);
  let columns: { count: number; text: number; id: number } | undefined;
  let record = 0;
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      if (columns === undefined) {
        const names = header ? fields : undefined;
        columns = {
          count: fields.length,
          text: columnIndex(column, names, fields.length, source),
          id: id === undefined ? -1 : columnIndex(id, names, fields.length, source),
        };
        if (header) continue;
      }
      if (fields.length !== columns.count) {
        if (fields.length === 1 && fields[0] === '') continue;
        throw new FormatError(
          expectation(`${source}, record ${record + 1}`, `${columns.count} fields`, String(fields.length)),
        );
      }
      record++;
      const batch = collector.add(fields[columns.text]!, columns.id < 0 ? undefined : fields[columns.id]!);
      if (batch !== undefined) yield batch;
      // Nothing more at hand: what there is need not wait for it.
      else if (parser.readableLength === 0) {
        const rest = collector.take();
        if (rest !== undefined) yield rest;
      }
    }
  } catch (error) {
    throw error instanceof CsvError ? asFormatError(error, source, parser.info.records, header) : error;
  } finally {
    stream.destroy();
    parser.destroy();
  }
  const rest = collector.take();
  if (rest !== undefined) yield rest;
}

function asFormatError(
  error: CsvError,
  source: string,
  parsed: number,
  header: boolean,
): SyntheticAttentionError {
  // The parser's count of records is ahead of those that were handed out.
  const record = parsed + (header ? 0 : 1);
  const place = record === 0 ? `${source}, header` : `${source}, record ${record}`;
  const received = REASONS.get(error.code) ?? error.code;
  return new FormatError(expectation(place, 'CSV by RFC 4180', received), { cause: error });
}
