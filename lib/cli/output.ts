/** Which format an output gets, and where it is written. */
import { extname } from 'node:path';
import { ArgumentError, describe, expectation } from '../errors.js';
import { removeAbandoned } from '../formats/abandoned_files.js';
import { AtomicFile } from '../formats/atomic_file.js';
import { JsonlFormat } from '../formats/jsonl.js';
import { NpyFormat } from '../formats/npy.js';
import { OutputLock } from '../formats/output_lock.js';
import { resolveOutputTarget, unwritable } from '../formats/output_target.js';
import { RawFormat } from '../formats/raw.js';
import type { FormatPosition, RowFormat, RowLayout } from '../formats/row_format.js';
import { RowWriter } from '../formats/row_writer.js';
import { writeWhole } from '../formats/write_whole.js';

interface FormatTraits {
  extensions: readonly string[];
  /** Whether rows may carry an id. */
  ids: boolean;
  /** Whether it can go to a pipe. */
  pipe: boolean;
  create(layout: RowLayout, output: string, position: FormatPosition | undefined): Promise<RowFormat>;
}

const FORMATS = {
  npy: {
    extensions: ['.npy'],
    ids: false,
    // The row count stands at the start of the file and is known at its end.
    pipe: false,
    create: async (layout, _, position) => new NpyFormat(layout, position?.rows),
  },
  jsonl: {
    extensions: ['.jsonl', '.ndjson'],
    ids: true,
    pipe: true,
    create: async (layout, output, position) => new JsonlFormat(layout, `output ${output}`, position?.rows),
  },
  parquet: {
    extensions: ['.parquet'],
    ids: true,
    pipe: true,
    create: async (layout, _, position) =>
      new (await import('../formats/parquet.js')).ParquetFormat(layout, position),
  },
  arrow: {
    extensions: ['.arrow', '.feather'],
    ids: true,
    pipe: true,
    create: async (layout, _, position) =>
      new (await import('../formats/arrow.js')).ArrowFormat(layout, 'file', position),
  },
  'arrow-stream': {
    extensions: ['.arrows'],
    ids: true,
    pipe: true,
    create: async (layout, _, position) =>
      new (await import('../formats/arrow.js')).ArrowFormat(layout, 'stream', position),
  },
  raw: {
    extensions: ['.f32', '.bin'],
    ids: false,
    pipe: true,
    create: async (layout, _, position) => new RawFormat(layout, position?.rows),
  },
} satisfies Record<string, FormatTraits>;

export type OutputFormat = keyof typeof FORMATS;

export const OUTPUT_FORMATS = Object.keys(FORMATS) as readonly OutputFormat[];

/** What --format says, else the extension, else jsonl for standard output. */
export function chooseFormat(output: string, format: OutputFormat | undefined, ids: boolean): OutputFormat {
  const extension = extname(output).toLowerCase();
  const named = OUTPUT_FORMATS.find((name) => (FORMATS[name].extensions as string[]).includes(extension));
  const chosen = format ?? (output === '-' ? 'jsonl' : named);
  if (chosen === undefined) {
    const known = OUTPUT_FORMATS.flatMap((name) => FORMATS[name].extensions);
    const expected = `a name that ends in ${known.slice(0, -1).join(', ')} or ${known.at(-1)}, or --format`;
    throw new ArgumentError(expectation('--output', expected, describe(extname(output) || output), 'range'));
  }
  if (output === '-' && !FORMATS[chosen].pipe) {
    throw new ArgumentError(
      expectation(
        '--output',
        `a file for the ${chosen} format (or --format jsonl)`,
        'standard output',
        'conflict',
      ),
    );
  }
  if (ids && !FORMATS[chosen].ids) {
    const takers = OUTPUT_FORMATS.filter((name) => FORMATS[name].ids).join(', ');
    throw new ArgumentError(expectation('--id', `an output in one of ${takers}`, chosen, 'conflict'));
  }
  return chosen;
}

export function createFormat(
  output: string,
  format: OutputFormat,
  layout: RowLayout,
  position?: FormatPosition,
): Promise<RowFormat> {
  return FORMATS[format].create(layout, output, position);
}

/** A file that appears when it is whole, or standard output. */
export async function openOutput(output: string, format: RowFormat): Promise<RowWriter> {
  const path = output === '-' ? '/dev/stdout' : output;
  return new RowWriter(await AtomicFile.open(path, { seek: format.patch !== undefined }), format);
}

/** A file beside an output, that this run or an earlier one may have written. */
export interface FileBeside {
  path: string;
  /** Whether this run will write it. */
  isWritten: boolean;
}

/**
 * Keeps other runs from writing the output until it is released, and removes the temporary files that killed runs left.
 * @throws OutputBusyError if another run writes it
 * @throws FileError if it, or a file beside it that is to be written, cannot be written: now, and not after hours of work
 */
export async function lockOutput(output: string, beside: readonly FileBeside[] = []): Promise<OutputLock> {
  const lock = await OutputLock.acquire(output === '-' ? '/dev/stdout' : output);
  if (!lock.isExclusive) return lock;
  try {
    for (const { path, isWritten } of [{ path: output, isWritten: true }, ...beside]) {
      const target = await resolveOutputTarget(path).catch((error) => {
        if (isWritten) throw error;
        return undefined;
      });
      if (target?.kind === 'file') await removeAbandoned(target.path);
      else if (isWritten) throw unwritable(path, target!.what);
    }
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** `writeWhole` for a command whose output is written in one go; `-` is standard output. */
export async function writeOutput(output: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const lock = await lockOutput(output);
  try {
    await writeWhole(output === '-' ? '/dev/stdout' : output, chunks);
  } finally {
    lock.release();
  }
}
