/** Opening and reading of regular input files, with this package's errors. */

import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { expectation, FileError, FormatError } from '../errors.js';
import { fileKind, systemErrorReason } from './file_reason.js';

/** libuv refuses a single read or write of 2 GiB or more. */
const MAX_READ = 2 ** 30;

/** An open regular file; `size` is in bytes. */
export interface InputFile {
  readonly path: string;
  readonly size: number;
  /** Fills `bytes` from the byte offset `position`; a file that ends too early is a FormatError. */
  read(bytes: Uint8Array, position: number): Promise<void>;
}

/** An input file that stays open until `close`. */
export interface OpenInputFile extends InputFile {
  /** Does nothing when the file is closed. */
  close(): Promise<void>;
}

/**
 * Opens `path`.
 * @throws FileError if the file is missing, unreadable or not a regular file
 */
export async function openInputFile(path: string): Promise<OpenInputFile> {
  const handle = await attempt(path, () => open(path, READ_FLAGS));
  try {
    const stats = await attempt(path, () => handle.stat());
    if (!stats.isFile()) {
      throw new FileError(expectation(`input ${path}`, 'a regular file', fileKind(stats)));
    }
    return {
      path,
      size: stats.size,
      read: (bytes, position) => readExactly(handle, path, bytes, position),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Opens `path`, calls `use` and closes the file again.
 * @throws FileError if the file is missing, unreadable or not a regular file
 */
export async function withInputFile<T>(path: string, use: (file: InputFile) => Promise<T>): Promise<T> {
  const file = await openInputFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Whether two paths lead to one regular file; not if one of them leads to nothing. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([a, b].map((path) => stat(path).catch(() => undefined)));
  return one?.isFile() === true && one.ino === other?.ino && one.dev === other.dev;
}

// Without O_NONBLOCK the open of a FIFO that nobody writes to would wait for ever. Windows lacks the flag.
const READ_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

async function readExactly(handle: FileHandle, path: string, bytes: Uint8Array, position: number) {
  let done = 0;
  while (done < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - done, MAX_READ);
    const { bytesRead } = await attempt(path, () => handle.read(bytes, done, length, position + done));
    if (bytesRead === 0) {
      throw new FormatError(
        expectation(path, `${bytes.byteLength} bytes from byte ${position} on`, `${done} bytes`),
      );
    }
    done += bytesRead;
  }
}

async function attempt<T>(path: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw new FileError(expectation(`input ${path}`, 'a readable file', systemErrorReason(error)), {
      cause: error,
    });
  }
}
