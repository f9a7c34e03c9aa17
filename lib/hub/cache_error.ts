import { expectation, FileError } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';
import { withInputFile } from '../formats/input_file.js';

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

/** @throws FileError, also for anything but a regular file, which might never end */
export function readText(path: string): Promise<string> {
  return withInputFile(path, async (file) => {
    const bytes = Buffer.allocUnsafe(file.size);
    await file.read(bytes, 0);
    return bytes.toString('utf8');
  });
}
