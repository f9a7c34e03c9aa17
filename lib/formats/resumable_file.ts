/**
 * Output that a later process can go on with: it grows under `<output>.partial` and is renamed when it is whole.
 *
 * Unlike AtomicFile it outlives the process and its failures. What it holds is only certain up to the last `sync`;
 * whoever resumes says up to which byte and with which digest, and the rest is cut off. Two processes must not write it
 * at once, which OutputLock prevents.
 */

import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename, stat } from 'node:fs/promises';
import { expectation, FileError, FormatError } from '../errors.js';
import { fileKind, systemErrorReason } from './file_reason.js';
import { resolveOutputTarget, unwritable } from './output_target.js';
import type { RowSink } from './row_writer.js';
import { writeFully } from './write_fully.js';

/** Enough to recognize a file: size and time of its last change. */
export interface FileMark {
  readonly bytes: number;
  readonly mtimeMs: number;
}

export interface ResumableFileOptions {
  /** Bytes of the partial file to keep; with 0 it need not be there. */
  readonly bytes: number;
  /** What `digest` gave for these bytes; any value with 0 bytes. */
  readonly digest: string;
  /** Aborting ends the check of the digest, which reads all the bytes. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the file is whole and on disk, and still has its partial name. */
  readonly beforeRename: (mark: FileMark) => Promise<void>;
}

/** Neither a link, which could lead to another file, nor a FIFO, which would be waited for. Windows lacks both flags. */
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const READ_BYTES = 1 << 20;
const START_AGAIN = 'remove the journal and the partial file to start anew';

export class ResumableFile implements RowSink {
  readonly path: string;
  readonly #partial: string;
  readonly #target: string;
  readonly #handle: FileHandle;
  readonly #beforeRename: ResumableFileOptions['beforeRename'];
  readonly #hash: Hash;
  #bytes: number;
  #open = true;
  /** Settles when everything asked for so far is done; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    target: string,
    handle: FileHandle,
    hash: Hash,
    bytes: number,
    beforeRename: ResumableFileOptions['beforeRename'],
  ) {
    this.path = path;
    this.#target = target;
    this.#partial = partialPath(target);
    this.#handle = handle;
    this.#hash = hash;
    this.#bytes = bytes;
    this.#beforeRename = beforeRename;
  }

  /**
   * @throws FileError if no regular file can be written there, or if a file of the partial name is there, which
   *   would be lost
   */
  static async checkNew(path: string): Promise<void> {
    const partial = partialPath(await resumableTarget(path));
    const isThere = await lstat(partial).then(
      () => true,
      () => false,
    );
    if (isThere) throw unwritable(partial, 'a file that no journal speaks of');
  }

  /**
   * @throws FileError if no regular file can be written there, or if the partial file has lost bytes
   * @throws FormatError if its bytes are not those of the digest; it stays as it is then
   */
  static async open(path: string, options: ResumableFileOptions): Promise<ResumableFile> {
    const { bytes, beforeRename } = options;
    const target = await resumableTarget(path);
    const partial = partialPath(target);
    try {
      const handle = await open(partial, FLAGS | (bytes === 0 ? constants.O_CREAT : 0));
      try {
        const hash = await checkPartial(handle, partial, options);
        await handle.truncate(bytes);
        return new ResumableFile(path, target, handle, hash, bytes, beforeRename);
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ELOOP') throw unwritable(partial, 'a link', error);
      // A FIFO, socket or device that nobody has open.
      if (code === 'ENXIO') throw unwritable(partial, 'no regular file', error);
      if (code === undefined || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
      throw unwritable(partial, systemErrorReason(error), error);
    }
  }

  /** Bytes appended so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** SHA-256 of the bytes appended so far, without what `writeAt` has changed. */
  get digest(): string {
    return this.#hash.copy().digest('hex');
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#enqueue(async () => {
      await this.#writeAll(bytes, this.#bytes);
      this.#hash.update(bytes);
      this.#bytes += bytes.byteLength;
    });
  }

  writeAt(bytes: Uint8Array, position: number): Promise<void> {
    return this.#enqueue(() => this.#writeAll(bytes, position));
  }

  /** Brings what has been written to disk. */
  sync(): Promise<void> {
    return this.#enqueue(() => this.#handle.sync());
  }

  async commit(): Promise<void> {
    await this.#enqueue(async () => {
      await this.#handle.sync();
      const { size, mtimeMs, ino } = await this.#handle.stat();
      if ((await lstat(this.#partial)).ino !== ino) throw unwritable(this.#partial, 'another file by now');
      await this.#handle.close();
      this.#open = false;
      await this.#beforeRename({ bytes: size, mtimeMs });
      await rename(this.#partial, this.#target);
    });
  }

  /** Closes; the partial file stays. */
  async abort(): Promise<void> {
    this.abortSync();
    await this.#queue;
  }

  abortSync(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#queue = this.#queue.then(() => this.#handle.close()).catch(() => {});
  }

  async #writeAll(bytes: Uint8Array, position: number): Promise<void> {
    await writeFully(bytes.byteLength, async (offset, length) => {
      return (await this.#handle.write(bytes, offset, length, position + offset)).bytesWritten;
    });
  }

  #enqueue(operation: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      if (!this.#open) {
        throw new FileError(expectation(`output ${this.path}`, 'an open file', 'one that is closed'));
      }
      try {
        await operation();
      } catch (error) {
        if (error instanceof FileError) throw error;
        throw unwritable(this.path, systemErrorReason(error), error);
      }
    });
    this.#queue = done.catch(() => {});
    return done;
  }
}

/** Reads what is to be kept; returns its running hash. */
async function checkPartial(
  handle: FileHandle,
  partial: string,
  { bytes, digest, signal }: ResumableFileOptions,
): Promise<Hash> {
  const stats = await handle.stat();
  if (!stats.isFile()) throw unwritable(partial, fileKind(stats));
  const hash = createHash('sha256');
  if (bytes === 0) return hash;
  const subject = `output ${partial}`;
  const tooShort = (size: number) =>
    new FileError(
      expectation(subject, `at least ${bytes} bytes, as its journal says,`, `${size} bytes (${START_AGAIN})`),
    );
  if (stats.size < bytes) throw tooShort(stats.size);
  const buffer = new Uint8Array(READ_BYTES);
  for (let position = 0; position < bytes; ) {
    signal?.throwIfAborted();
    const length = Math.min(READ_BYTES, bytes - position);
    const { bytesRead } = await handle.read(buffer, 0, length, position);
    if (bytesRead === 0) throw tooShort(position);
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
  if (hash.copy().digest('hex') !== digest) {
    const received = `others: the file was changed or replaced (${START_AGAIN})`;
    throw new FormatError(expectation(subject, `the ${bytes} bytes that its journal speaks of`, received));
  }
  return hash;
}

/**
 * What is left of a file that was whole: renamed now if it had not been.
 * @returns whether the whole file is under its name
 */
export async function finishResumable(path: string, { bytes, mtimeMs }: FileMark): Promise<boolean> {
  const target = await resumableTarget(path);
  const matches = async (name: string): Promise<boolean> => {
    const stats = await stat(name).catch(() => undefined);
    return stats?.isFile() === true && stats.size === bytes && stats.mtimeMs === mtimeMs;
  };
  if (await matches(partialPath(target))) await rename(partialPath(target), target);
  return matches(target);
}

function partialPath(target: string): string {
  return `${target}.partial`;
}

async function resumableTarget(path: string): Promise<string> {
  const target = await resolveOutputTarget(path);
  if (target.kind === 'file') return target.path;
  throw new FileError(expectation(`output ${path}`, 'a regular file for --resume', target.what));
}
