/** Opening and reading of regular input files, with this package's errors. */

import { type BigIntStats, constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { expectation, FileError, FormatError } from '../errors.js';
import { fileKind, systemErrorReason } from './file_reason.js';

/** libuv refuses a single read or write of 2 GiB or more. */
const MAX_READ = 2 ** 30;

/** What tells one state of a file from another. */
export interface FileState {
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
  /** Nanoseconds since 1970: of the last change to the content, and to anything. */
  readonly modified: bigint;
  readonly changed: bigint;
}

/** An open regular file; `size` is in bytes. */
export interface InputFile {
  readonly path: string;
  readonly size: number;
  /** When it was opened. */
  readonly state: FileState;
  /**
   * Fills `bytes` from the byte offset `position`.
   * @throws FormatError if the file has fewer bytes; FileError if it has lost some since it was opened
   */
  read(bytes: Uint8Array, position: number): Promise<void>;
  /** What has been read counts only after this. @throws FileError if the file was changed since it was opened */
  checkUnchanged(): Promise<void>;
}

/** An input file that stays open until `close`. */
export interface OpenInputFile extends InputFile {
  /** Does nothing when the file is closed. */
  close(): Promise<void>;
}

export interface OpenOptions {
  /** The state that the file was in when other parts of it were read. */
  readonly expected?: FileState | undefined;
  /** Names the file in errors; "input PATH" by default. */
  readonly subject?: string;
}

/**
 * Opens `path`.
 * @throws FileError if the file is missing, unreadable, not a regular file or in another state
 */
export async function openInputFile(
  path: string,
  { expected, subject = `input ${path}` }: OpenOptions = {},
): Promise<OpenInputFile> {
  const handle = await attempt(subject, () => open(path, READ_FLAGS));
  try {
    const stats = await attempt(subject, () => handle.stat({ bigint: true }));
    if (!stats.isFile()) {
      throw new FileError(expectation(subject, 'a regular file', fileKind(stats)));
    }
    const state = stateOf(stats);
    if (expected !== undefined && !isSame(expected, state)) throw changed(path);
    const size = Number(stats.size);
    return {
      path,
      size,
      state,
      read: (bytes, position) => readExactly(handle, { path, size, subject }, bytes, position),
      async checkUnchanged() {
        const now = stateOf(await attempt(subject, () => handle.stat({ bigint: true })));
        if (!isSame(state, now)) throw changed(path);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Opens `path`, calls `use` and closes the file again.
 * @throws FileError if the file is missing, unreadable, not a regular file or in another state
 */
export async function withInputFile<T>(
  path: string,
  use: (file: InputFile) => Promise<T>,
  options?: OpenOptions,
): Promise<T> {
  const file = await openInputFile(path, options);
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

function stateOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileState {
  return { device: dev, inode: ino, size, modified: mtimeNs, changed: ctimeNs };
}

function isSame(a: FileState, b: FileState): boolean {
  // The time of the last change to anything shows a write whose time of modification was put back.
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.size === b.size &&
    a.modified === b.modified &&
    a.changed === b.changed
  );
}

function changed(path: string): FileError {
  return new FileError(`${path} was changed while it was read; start again with the new file`);
}

async function readExactly(
  handle: FileHandle,
  { path, size, subject }: { path: string; size: number; subject: string },
  bytes: Uint8Array,
  position: number,
) {
  let done = 0;
  while (done < bytes.byteLength) {
    const length = Math.min(bytes.byteLength - done, MAX_READ);
    const { bytesRead } = await attempt(subject, () => handle.read(bytes, done, length, position + done));
    if (bytesRead === 0) {
      if (position + bytes.byteLength <= size) throw changed(path);
      throw new FormatError(
        expectation(path, `${bytes.byteLength} bytes from byte ${position} on`, `${done} bytes`),
      );
    }
    done += bytesRead;
  }
}

async function attempt<T>(subject: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw new FileError(expectation(subject, 'a readable file', systemErrorReason(error)), {
      cause: error,
    });
  }
}
