import { readFile } from 'node:fs/promises';
import { expectation, FileError } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';

/** A failed system call in the cache as a FileError; anything else as it is. */
export function asCacheError(
  path: string,
  error: unknown,
  expected = 'a place that can be written',
): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof FileError || code === undefined || syscall === undefined) return error;
  return new FileError(expectation(`cache ${path}`, expected, systemErrorReason(error)), { cause: error });
}

/** @throws FileError */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw asCacheError(path, error, 'a file that can be read');
  }
}
