/**
 * Output that a later process can go on with: it grows under `<output>.partial` and is renamed when it is whole.
 *
 * Unlike AtomicFile it outlives the process and its failures. What it holds is only certain up to the last `sync`;
 * whoever resumes says up to which byte, and the rest is cut off.
 */

import { constants } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { expectation, FileError } from '../errors.js';
import { systemErrorReason } from './file_reason.js';
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
  /** Called when the file is whole and on disk, and still has its partial name. */
  readonly beforeRename: (mark: FileMark) => Promise<void>;
}

export class ResumableFile implements RowSink {
  readonly path: string;
  readonly #partial: string;
  readonly #target: string;
  readonly #handle: FileHandle;
  readonly #beforeRename: ResumableFileOptions['beforeRename'];
  #bytes: number;
  #open = true;
  /** Settles when everything asked for so far is done; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    target: string,
    handle: FileHandle,
    bytes: number,
    beforeRename: ResumableFileOptions['beforeRename'],
  ) {
    this.path = path;
    this.#target = target;
    this.#partial = partialPath(target);
    this.#handle = handle;
    this.#bytes = bytes;
    this.#beforeRename = beforeRename;
  }

  /**
   * @throws FileError if no regular file can be written there, or if a file of the partial name is there, which
   *   would be lost
   */
  static async checkNew(path: string): Promise<void> {
    const partial = partialPath(await resumableTarget(path));
    const isThere = await stat(partial).then(
      () => true,
      () => false,
    );
    if (isThere) throw unwritable(partial, 'a file that no journal speaks of');
  }

  /** @throws FileError if no regular file can be written there, or if the partial file has lost bytes */
  static async open(path: string, { bytes, beforeRename }: ResumableFileOptions): Promise<ResumableFile> {
    const target = await resumableTarget(path);
    const partial = partialPath(target);
    try {
      const handle = await open(partial, constants.O_WRONLY | (bytes === 0 ? constants.O_CREAT : 0));
      try {
        const { size } = await handle.stat();
        if (size < bytes) {
          throw new FileError(
            expectation(
              `output ${partial}`,
              `at least ${bytes} bytes, as its journal says,`,
              `${size} bytes`,
            ),
          );
        }
        await handle.truncate(bytes);
      } catch (error) {
        await handle.close();
        throw error;
      }
      return new ResumableFile(path, target, handle, bytes, beforeRename);
    } catch (error) {
      if (error instanceof FileError) throw error;
      throw unwritable(partial, systemErrorReason(error), error);
    }
  }

  /** Bytes appended so far. */
  get bytes(): number {
    return this.#bytes;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#enqueue(async () => {
      await this.#writeAll(bytes, this.#bytes);
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
      const { size, mtimeMs } = await this.#handle.stat();
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
