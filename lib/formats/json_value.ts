/** Small JSON files that are read and written whole. */
import { TextDecoder } from 'node:util';
import { expectation, FormatError } from '../errors.js';
import { withInputFile } from './input_file.js';
import { writeWhole } from './write_whole.js';

/** A file above it is not a configuration. */
const LARGEST = 1 << 24;

/**
 * @throws FileError if the file is missing or unreadable
 * @throws FormatError if it is not JSON in UTF-8
 */
export function readJsonValue(path: string): Promise<unknown> {
  return withInputFile(path, async (file) => {
    if (file.size > LARGEST) {
      throw new FormatError(expectation(path, `at most ${LARGEST} bytes`, `${file.size} bytes`));
    }
    const bytes = new Uint8Array(file.size);
    await file.read(bytes, 0);
    await file.checkUnchanged();
    try {
      return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
    } catch (cause) {
      throw new FormatError(expectation(path, 'valid JSON', (cause as Error).message), { cause });
    }
  });
}

/** Writes the value, indented; the file appears under `path` only when it is whole. */
export async function writeJsonValue(path: string, value: unknown): Promise<void> {
  await writeWhole(path, [new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`)]);
}
