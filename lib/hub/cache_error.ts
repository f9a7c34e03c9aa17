import { expectation, FileError } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';

/** A failed system call in the cache as a FileError; anything else as it is. */
export function asCacheError(path: string, error: unknown): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof FileError || code === undefined || syscall === undefined) return error;
  return new FileError(
    expectation(`cache ${path}`, 'a place that can be written', systemErrorReason(error)),
    {
      cause: error,
    },
  );
}
