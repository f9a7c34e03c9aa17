/**
 * Output that appears under its name only when it is whole.
 *
 * A regular file is written under a temporary name beside it and renamed by `commit`. The temporary file is locked
 * while it is written; those that killed processes left of the same output are removed by `open`. A device, pipe or
 * inherited descriptor is written straight into, since it cannot be replaced; `abort` cannot take back what
 * went there. Not promised: that the rename itself survives a power failure, and that only one file at a time is
 * written for a path (OutputLock); of several, the last one to be committed stays.
 */

import fs from 'node:fs';
import { promisify } from 'node:util';
import { expectation, FileError, SyntheticAttentionError } from '../errors.js';
import { removeAbandoned, TEMPORARY_SUFFIX } from './abandoned_files.js';
import { leadsTo, lockFile } from './file_lock.js';
import { systemErrorReason } from './file_reason.js';
import { type OutputTarget, openDevice, resolveOutputTarget, unwritable } from './output_target.js';
import { temporaryPath } from './temporary_name.js';
import { writeFully } from './write_fully.js';

const write = promisify(fs.write);
const fsync = promisify(fs.fsync);
const rename = promisify(fs.rename);
const close = promisify(fs.close);

/** New temporary files before one is taken that another process may have removed. */
const ATTEMPTS = 10;

export interface AtomicFileOptions {
  /** Whether `writeAt` will be called; a target that cannot seek is then refused before anything is written. */
  readonly seek?: boolean;
  /** Whether temporary files of killed processes are removed, for which the directory is listed; true by default. */
  readonly sweep?: boolean;
  /** Whether anything but a regular file is refused, such as a FIFO whose reader would be waited for. */
  readonly regular?: boolean;
}

export class AtomicFile {
  /** As given to `open`. */
  readonly path: string;
  readonly #target: OutputTarget;
  readonly #fd: number;
  /** Path of the temporary file; undefined if the target is written straight into. */
  readonly #temporary: string | undefined;
  #state: 'open' | 'committed' | 'aborted' = 'open';
  /** What the first failed write failed with; the file has a hole since then. */
  #failure: FileError | undefined;
  /** Settles when everything asked for so far is done; never rejects. */
  #queue: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(path: string, target: OutputTarget, fd: number, temporary: string | undefined) {
    this.path = path;
    this.#target = target;
    this.#fd = fd;
    this.#temporary = temporary;
  }

  /**
   * Opens the output; an existing regular file stays as it is until `commit`.
   * @throws FileError if no file can be written there, or it cannot seek although `seek` is set
   */
  static async open(
    path: string,
    { seek = false, sweep = true, regular = false }: AtomicFileOptions = {},
  ): Promise<AtomicFile> {
    const target = await resolveOutputTarget(path);
    try {
      if (target.kind === 'file') {
        if (sweep) await removeAbandoned(target.path);
        return AtomicFile.#openTemporary(path, target);
      }
      if (regular) {
        throw new FileError(expectation(`output ${path}`, 'a regular file', target.what));
      }
      if (seek && !target.canSeek) throw unseekable(path, target.what);
      const fd = target.kind === 'device' ? await openDevice(target) : target.fd;
      const file = new AtomicFile(path, target, fd, undefined);
      if (seek) await file.#probeSeek(target.what);
      return file;
    } catch (error) {
      throw error instanceof SyntheticAttentionError ? error : asFileError(path, error);
    }
  }

  // Opened synchronously: between the creation of the temporary file and the return of the object that can
  // remove it there is no turn of the event loop in which a signal could end the process.
  static #openTemporary(path: string, target: OutputTarget & { kind: 'file' }): AtomicFile {
    const { fd, temporary } = createLocked(target.path, target.mode ?? 0o666);
    if (target.mode !== undefined) {
      try {
        // The mode given to open is cut by the umask, but the mode of the file that is replaced was chosen.
        fs.fchmodSync(fd, target.mode);
      } catch {
        // Some mounted file systems know no modes; what open gave is never wider than what was there.
      }
    }
    return new AtomicFile(path, target, fd, temporary);
  }

  /**
   * Appends all the bytes, which must stay as they are until the promise settles. Calls need not be awaited
   * one by one; the order of the calls is the order in the file.
   * @throws FileError if writing fails, has failed before, or the file is no longer open
   */
  write(bytes: Uint8Array): Promise<void> {
    return this.#enqueue(() => this.#writeAll(bytes, null));
  }

  /**
   * Overwrites bytes from the byte offset `position`, which must have been written before; the place where
   * `write` appends does not move.
   * @throws FileError as `write` does
   */
  writeAt(bytes: Uint8Array, position: number): Promise<void> {
    return this.#enqueue(() => this.#writeAll(bytes, position));
  }

  /**
   * Brings what has been written to disk, so that `commit` has nothing left to do that is likely to fail.
   * @throws FileError as `write` does
   */
  sync(): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#temporary !== undefined) await fsync(this.#fd);
    });
  }

  /**
   * Brings the file to disk and under its name, and closes it; on failure it is aborted.
   * @throws FileError if that, or a write before, fails
   */
  async commit(): Promise<void> {
    try {
      await this.#enqueue(async () => {
        if (this.#temporary !== undefined && this.#target.kind === 'file') {
          await fsync(this.#fd);
          this.#checkOpen();
          // Before it is closed: until it has its name it must be locked, or another process may remove it.
          await rename(this.#temporary, this.#target.path);
        } else {
          // A pipe cannot be synchronised, and what a device does is its own affair.
          await this.#close();
        }
        this.#state = 'committed';
        // All bytes are on disk, so closing can lose none of them.
        await this.#close().catch(() => {});
      });
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  /** Removes the temporary file and closes; does nothing after `commit` or `abort`. Never rejects. */
  async abort(): Promise<void> {
    this.abortSync();
    await this.#queue;
  }

  /**
   * Removes the temporary file at once, for a signal handler or an `exit` listener; the descriptor is closed
   * when a write that is under way has ended. Does nothing after `commit` or `abort`. Never throws.
   */
  abortSync(): void {
    if (this.#state === 'committed' || this.#state === 'aborted') return;
    this.#state = 'aborted';
    // Closed only behind the queue: a descriptor closed under a write may by then be another file's.
    this.#queue = this.#queue.then(() => this.#close()).catch(() => {});
    if (this.#temporary === undefined) return;
    try {
      fs.unlinkSync(this.#temporary);
    } catch {
      // Gone already, or its directory is; the error that led to the abort is the one to report.
    }
  }

  async #writeAll(bytes: Uint8Array, position: number | null): Promise<void> {
    await writeFully(bytes.byteLength, async (offset, length) => {
      this.#checkOpen();
      const at = position === null ? null : position + offset;
      return (await write(this.#fd, bytes, offset, length, at)).bytesWritten;
    });
  }

  /** Runs one operation after those asked for before it; a failure makes the file fail for good. */
  #enqueue(operation: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      this.#checkOpen();
      try {
        await operation();
      } catch (error) {
        const failure = asFileError(this.path, error);
        this.#failure ??= failure;
        throw failure;
      }
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  #checkOpen(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#state !== 'open') {
      throw new FileError(expectation(`output ${this.path}`, 'an open file', `one that is ${this.#state}`));
    }
  }

  #close(): Promise<void> {
    this.#closed ??= this.#target.kind === 'descriptor' ? Promise.resolve() : close(this.#fd);
    return this.#closed;
  }

  /** Writes nothing at byte 0, which fails with ESPIPE on what cannot seek: a terminal, for example. */
  async #probeSeek(what: string): Promise<void> {
    try {
      await write(this.#fd, new Uint8Array(1), 0, 0, 0);
    } catch (error) {
      // Any other trouble is for the first write to report.
      if ((error as NodeJS.ErrnoException).code !== 'ESPIPE') return;
      await this.abort();
      throw unseekable(this.path, what);
    }
  }
}

/** Opens a new temporary file that no other process takes for abandoned. */
function createLocked(path: string, mode: number): { fd: number; temporary: string } {
  for (let attempt = 1; ; attempt++) {
    const temporary = temporaryPath(path, TEMPORARY_SUFFIX);
    const fd = fs.openSync(temporary, 'wx', mode);
    try {
      // Before the lock was taken, another process may have taken the file for abandoned and removed it. That this
      // happens again and again means a file system that numbers its files anew at every look.
      const isLost = lockFile(fd) === 'busy' || !leadsTo(temporary, fd);
      if (!isLost || attempt === ATTEMPTS) return { fd, temporary };
    } catch (error) {
      fs.closeSync(fd);
      fs.rmSync(temporary, { force: true });
      throw error;
    }
    fs.closeSync(fd);
  }
}

function asFileError(path: string, error: unknown): FileError {
  return error instanceof FileError ? error : unwritable(path, systemErrorReason(error), error);
}

function unseekable(path: string, what: string): FileError {
  const expected = 'a regular file, since bytes at its start are written last,';
  return new FileError(expectation(`output ${path}`, expected, what));
}
