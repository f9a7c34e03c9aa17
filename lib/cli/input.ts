/** The inputs of `encode`: files one after another, or standard input, as one run of records. */
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ArgumentError, expectation, FileError, FormatError, SyntheticAttentionError } from '../errors.js';
import { readCsv } from '../formats/csv_reader.js';
import { systemErrorReason } from '../formats/file_reason.js';
import { isSameFile, openInputFile } from '../formats/input_file.js';
import { type ByteStream, openStream } from '../formats/input_stream.js';
import { readJsonl } from '../formats/jsonl_reader.js';
import { readLines } from '../formats/lines.js';
import { openParquet } from '../formats/parquet_reader.js';
import type { RecordBatch } from '../formats/record_batch.js';
import type { IdType } from '../formats/row_format.js';
import {
  chooseInputFormat,
  DEFAULT_FIELD,
  type FieldOptions,
  ID_LINE,
  type InputFormat,
} from './input_format.js';

const OUTPUT_FILES = ['.partial', '.journal', '.ranges.npy'];

/** One input, opened. */
interface Source {
  /** Bytes, undefined for pipes. */
  size: number | undefined;
  /** Bytes taken from it so far, about. */
  position(): number;
  integerIds: boolean;
  records(): AsyncIterable<RecordBatch>;
  destroy(): void;
}

export interface Input {
  /** Bytes of all inputs together, undefined if one is a pipe. */
  size: number | undefined;
  position(): number;
  /** Type of the ids as far as the inputs know it. */
  idType: IdType;
  /** All records in order. */
  records(): AsyncGenerator<RecordBatch, void, undefined>;
  /** Ends a read that waits for input, which would keep the process from ending. */
  destroy(): void;
}

export interface InputOptions extends FieldOptions {
  inputFormat?: InputFormat;
}

/** @throws FileError, FormatError, ArgumentError with one sentence on the first input that cannot be read */
export async function openInput(
  inputs: readonly string[],
  output: string,
  options: InputOptions,
): Promise<Input> {
  const sources: Source[] = [];
  const destroy = (): void => {
    for (const source of sources) source.destroy();
  };
  try {
    for (const input of inputs) sources.push(await openSource(input, output, options));
  } catch (error) {
    destroy();
    throw error;
  }
  const sizes = sources.map((source) => source.size);
  return {
    size: sizes.includes(undefined) ? undefined : sizes.reduce<number>((sum, size) => sum + size!, 0),
    position: () => sources.reduce((sum, source) => sum + source.position(), 0),
    idType: options.id === ID_LINE || sources.every((source) => source.integerIds) ? 'int64' : 'string',
    async *records() {
      for (const source of sources) yield* source.records();
    },
    destroy,
  };
}

async function openSource(input: string, output: string, options: InputOptions): Promise<Source> {
  const choice = chooseInputFormat(input, options.inputFormat);
  if (input === '-') return streamSource('standard input', process.stdin, undefined, choice.format, options);
  const stats = await stat(input).catch((cause: NodeJS.ErrnoException) => {
    const received = cause.code === 'ENOENT' ? 'nothing there' : (cause.code ?? cause.message);
    throw new FileError(expectation(`input ${input}`, 'a readable file', received), { cause });
  });
  if (stats.isDirectory())
    throw new FileError(expectation(`input ${input}`, 'a readable file', 'a directory'));
  // Files beside the output are written as well.
  for (const own of output === '-' ? [] : [output, ...OUTPUT_FILES.map((suffix) => output + suffix)]) {
    if (!(await isSameFile(input, own))) continue;
    throw new ArgumentError(expectation('--output', 'another file than the input', own, 'conflict'));
  }
  if (choice.format === 'parquet') return parquetSource(input, options);
  const size = stats.isFile() ? stats.size : undefined;
  // Opened when its turn comes: many inputs need not all be open at once.
  let file: ByteStream | undefined;
  let destroyed = false;
  return {
    size,
    position: () => file?.bytesRead ?? 0,
    integerIds: false,
    async *records() {
      if (destroyed) return;
      file = openStream(input, stats);
      const stream = choice.gzip ? pipeline(file, createGunzip(), () => {}) : file;
      try {
        yield* readRecords(stream, choice.format, `input ${input}`, options);
      } catch (error) {
        throw asInputError(error, input);
      }
    },
    destroy() {
      destroyed = true;
      file?.destroy();
    },
  };
}

function streamSource(
  name: string,
  stream: Readable,
  size: number | undefined,
  format: InputFormat,
  options: InputOptions,
): Source {
  return {
    size,
    position: () => 0,
    integerIds: false,
    records: () => readRecords(stream, format, name === 'standard input' ? 'input -' : name, options),
    destroy: () => stream.destroy(),
  };
}

async function parquetSource(input: string, options: InputOptions): Promise<Source> {
  const file = await openInputFile(input);
  const id = fieldOfId(options);
  let read = 0;
  try {
    const { rows, integerIds, records } = await openParquet(file, {
      column: options.column ?? DEFAULT_FIELD,
      source: `input ${input}`,
      ...(id === undefined ? {} : { id }),
    });
    return {
      size: file.size,
      position: () => (rows === 0 ? file.size : (read / rows) * file.size),
      integerIds,
      async *records() {
        for await (const batch of records()) {
          read += batch.texts.length;
          yield batch;
        }
        await file.close();
      },
      destroy: () => void file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

const fieldOfId = ({ id }: InputOptions): string | undefined => (id === ID_LINE ? undefined : id);

async function* readRecords(
  stream: Readable,
  format: Exclude<InputFormat, 'parquet'> | InputFormat,
  source: string,
  options: InputOptions,
): AsyncGenerator<RecordBatch, void, undefined> {
  const id = fieldOfId(options);
  const common = { source, ...(id === undefined ? {} : { id }) };
  if (format === 'lines') {
    for await (const { lines } of readLines(stream, { source })) yield { texts: lines };
  } else if (format === 'jsonl') {
    yield* readJsonl(stream, { ...common, field: options.field ?? DEFAULT_FIELD });
  } else {
    yield* readCsv(stream, {
      ...common,
      column: options.column ?? DEFAULT_FIELD,
      delimiter: format === 'tsv' ? '\t' : ',',
      header: options.header ?? true,
    });
  }
}

function asInputError(error: unknown, input: string): unknown {
  if (error instanceof SyntheticAttentionError) return error;
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (code?.startsWith('Z_')) {
    return new FormatError(expectation(`input ${input}`, 'gzip data', message), { cause: error });
  }
  if (syscall === undefined) return error;
  return new FileError(expectation(`input ${input}`, 'a readable file', systemErrorReason(error)), {
    cause: error,
  });
}
