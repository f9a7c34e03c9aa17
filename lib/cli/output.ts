/** Which writer an output gets. */
import { extname } from 'node:path';
import { ArgumentError, describe, expectation } from '../errors.js';
import { JsonlWriter } from '../formats/jsonl.js';
import { NpyWriter } from '../formats/npy.js';
import type { RowWriter } from '../formats/row_writer.js';

export type OutputFormat = 'npy' | 'jsonl';

const EXTENSIONS: ReadonlyMap<string, OutputFormat> = new Map([
  ['.npy', 'npy'],
  ['.jsonl', 'jsonl'],
  ['.ndjson', 'jsonl'],
]);

/** What --format says, else the extension, else jsonl for standard output. */
export function chooseFormat(output: string, format: OutputFormat | undefined): OutputFormat {
  const chosen = format ?? (output === '-' ? 'jsonl' : EXTENSIONS.get(extname(output).toLowerCase()));
  if (chosen === undefined) {
    const received = describe(extname(output) || output);
    throw new ArgumentError(
      expectation('--output', 'a name that ends in .npy or .jsonl, or --format', received),
    );
  }
  if (output === '-' && chosen === 'npy') {
    // The row count stands at the start of the file and is known at its end.
    throw new ArgumentError(
      expectation('--output', 'a file for the npy format (or --format jsonl)', 'standard output'),
    );
  }
  return chosen;
}

export function openOutput(output: string, format: OutputFormat, columns: number): Promise<RowWriter> {
  const path = output === '-' ? '/dev/stdout' : output;
  return format === 'npy' ? NpyWriter.open(path, columns) : JsonlWriter.open(path, columns);
}
