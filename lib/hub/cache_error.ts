import { expectation, FileError } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';
import { readTextFile } from '../formats/text_file.js';

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

/** More than any configuration or index of weights has. */
const LARGEST = 1 << 26;

/** @throws FileError, also for anything but a regular file, which might never end */
export function readText(path: string): Promise<string> {
  return readTextFile(path, { most: LARGEST });
}
