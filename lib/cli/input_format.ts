/** Which reader an input gets. */
import { extname } from 'node:path';
import { ArgumentError, describe, expectation } from '../errors.js';

export const INPUT_FORMATS = ['lines', 'jsonl', 'csv', 'tsv', 'parquet'] as const;

export type InputFormat = (typeof INPUT_FORMATS)[number];

const EXTENSIONS: ReadonlyMap<string, InputFormat> = new Map([
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
  ['.csv', 'csv'],
  ['.tsv', 'tsv'],
  ['.parquet', 'parquet'],
]);

export interface InputChoice {
  format: InputFormat;
  /** The file is compressed as a whole. */
  gzip: boolean;
}

/** What --input-format says, else the extension, before a .gz if there is one; else lines. */
export function chooseInputFormat(input: string, format: InputFormat | undefined): InputChoice {
  const gzip = input !== '-' && extname(input).toLowerCase() === '.gz';
  const name = gzip ? input.slice(0, -'.gz'.length) : input;
  const chosen = format ?? EXTENSIONS.get(extname(name).toLowerCase()) ?? 'lines';
  if (chosen === 'parquet' && (gzip || input === '-')) {
    // The footer stands at the end, and row groups are read from where it says.
    const received = gzip ? `${describe(input)}, which is compressed as a whole` : 'standard input';
    throw new ArgumentError(expectation('--input', 'a file for the parquet format', received, 'conflict'));
  }
  return { format: chosen, gzip };
}

export interface FieldOptions {
  field?: string;
  column?: string;
  id?: string;
  header?: boolean;
}

/** Name of the field or column where none is given. */
export const DEFAULT_FIELD = 'text';
/** The value of --id that stands for the number of a record. */
export const ID_LINE = 'line';

/** @throws ArgumentError on options that none of the inputs has a use for */
export function checkFieldOptions(formats: readonly InputFormat[], options: FieldOptions): void {
  const check = (option: string, given: boolean, takers: readonly InputFormat[]): void => {
    if (!given || formats.some((format) => takers.includes(format))) return;
    const expected = `an input in ${takers.join(', ')}`;
    throw new ArgumentError(expectation(option, expected, [...new Set(formats)].join(', '), 'conflict'));
  };
  check('--field', options.field !== undefined, ['jsonl']);
  check('--column', options.column !== undefined, ['csv', 'tsv', 'parquet']);
  check('--no-header', options.header === false, ['csv', 'tsv']);
  if (options.id !== undefined && options.id !== ID_LINE && formats.includes('lines')) {
    const received = describe(options.id);
    throw new ArgumentError(
      expectation('--id', 'line, since plain lines have no other id,', received, 'conflict'),
    );
  }
}
