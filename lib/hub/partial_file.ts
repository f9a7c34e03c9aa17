/**
 * A blob that is being fetched: `<checksum>.incomplete`, and while a process writes it,
 * `<checksum>.<its own mark>.incomplete`.
 *
 * Renaming is the lock: of several processes that want to go on with a partial file one succeeds. The owner touches its
 * file every few seconds; others wait for the blob as long as it does, and take the file over when it has stopped. Node
 * has no flock, and some network file systems only pretend to have it.
 *
 * An owner that was held up and lost its file notices before it renames anything. Until then it writes only the bytes
 * that belong there; to begin again it makes a new file and never cuts one that may be another's by now.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeFully } from '../formats/write_fully.js';
import { asCacheError } from './cache_error.js';
import type { Timing } from './timing.js';

const SUFFIX = '.incomplete';
const READ_BYTES = 1 << 20;

/** The file is another process' by now. */
export class LostFile extends Error {}

export interface PartialFileOptions {
  timing: Timing;
  signal: AbortSignal | undefined;
  /** Called while another process fetches it, with the bytes that it has. */
  onWait: (bytes: number) => void;
}

export class PartialFile {
  readonly #blob: string;
  readonly #timing: Timing;
  #path: string;
  #handle: FileHandle;
  #size: number;
  #inode: bigint;
  #lost = false;
  #beat: NodeJS.Timeout;

  private constructor(blob: string, timing: Timing, opened: Opened) {
    this.#blob = blob;
    this.#timing = timing;
    this.#path = opened.path;
    this.#handle = opened.handle;
    this.#size = opened.size;
    this.#inode = opened.inode;
    this.#beat = this.#startBeat();
  }

  /**
   * The partial file for a blob, with what an earlier download left in it; undefined as soon as the blob is there.
   * @throws FileError, or the signal's reason
   */
  static async obtain(blob: string, options: PartialFileOptions): Promise<PartialFile | undefined> {
    try {
      return await obtain(blob, options, (opened) => new PartialFile(blob, options.timing, opened));
    } catch (error) {
      throw asCacheError(blob, error);
    }
  }

  /** Bytes from the beginning that are there. */
  get size(): number {
    return this.#size;
  }

  /** Appends. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#check();
    try {
      await writeFully(bytes.byteLength, async (offset, length) => {
        return (await this.#handle.write(bytes, offset, length, this.#size + offset)).bytesWritten;
      });
    } catch (error) {
      throw asCacheError(this.#path, error);
    }
    this.#size += bytes.byteLength;
  }

  /** What is there, from the beginning. */
  async *read(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    // By the handle: the path may be another process' by now.
    const stream = this.#handle.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES });
    try {
      for await (const chunk of stream) {
        signal?.throwIfAborted();
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw asCacheError(this.#path, error);
    }
  }

  /** Forgets what is there. */
  async restart(): Promise<void> {
    this.#check();
    await this.discard();
    try {
      const opened = await create(this.#blob);
      this.#path = opened.path;
      this.#handle = opened.handle;
      this.#size = 0;
      this.#inode = opened.inode;
    } catch (error) {
      throw asCacheError(this.#path, error);
    }
    this.#beat = this.#startBeat();
  }

  /** Puts the file under the blob's name. */
  async commit(): Promise<void> {
    try {
      await this.#handle.sync();
      if (!(await this.#isMine())) throw new LostFile();
      await this.#close();
      await rename(this.#path, this.#blob);
      // What others left of it before is of no use now.
      const left = (await partials(this.#blob, this.#timing)).filter((file) => !file.alive);
      for (const { path } of left) await unlink(path).catch(() => {});
    } catch (error) {
      throw asCacheError(this.#path, error);
    }
  }

  /** Leaves the file for whoever goes on. Never rejects. */
  async release(): Promise<void> {
    await this.#close();
    if (this.#lost) return;
    const free = this.#blob + SUFFIX;
    const there = await stat(free).then(
      ({ size }) => size,
      () => -1,
    );
    if (this.#size === 0 || there >= this.#size) return void (await unlink(this.#path).catch(() => {}));
    // Dated back, so that nobody takes it for one that is being written.
    await utimes(this.#path, 0, 0).catch(() => {});
    await rename(this.#path, free).catch(() => {});
  }

  /** Removes the file. Never rejects. */
  async discard(): Promise<void> {
    await this.#close();
    if (!this.#lost) await unlink(this.#path).catch(() => {});
  }

  #check(): void {
    if (this.#lost) throw new LostFile();
  }

  async #isMine(): Promise<boolean> {
    const found = await stat(this.#path, { bigint: true }).catch(() => undefined);
    this.#lost ||= found?.ino !== this.#inode;
    return !this.#lost;
  }

  #startBeat(): NodeJS.Timeout {
    const beat = async (): Promise<void> => {
      // Only a file that is still ours: after a pause of the whole process it may have been taken over.
      const path = this.#path;
      if (await this.#isMine()) await utimes(path, new Date(), new Date()).catch(() => {});
    };
    return setInterval(() => void beat(), this.#timing.beatMs).unref();
  }

  async #close(): Promise<void> {
    clearInterval(this.#beat);
    await this.#handle.close().catch(() => {});
  }
}

interface Opened {
  path: string;
  handle: FileHandle;
  size: number;
  inode: bigint;
}

interface Found {
  path: string;
  size: number;
  /** Whether somebody writes it. */
  alive: boolean;
}

function markedPath(blob: string): string {
  return `${blob}.${randomBytes(8).toString('hex')}${SUFFIX}`;
}

async function opened(path: string, flags: string): Promise<Opened> {
  const handle = await open(path, flags);
  const { size, ino } = await handle.stat({ bigint: true });
  return { path, handle, size: Number(size), inode: ino };
}

function create(blob: string): Promise<Opened> {
  return opened(markedPath(blob), 'wx+');
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Partial files of a blob; older ones of huggingface_hub have the same name as those that are left here. */
async function partials(blob: string, timing: Timing): Promise<Found[]> {
  const directory = dirname(blob);
  const names = (await readdir(directory)).filter((name) => isPartialOf(basename(blob), name));
  const found = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      const stats = await stat(path).catch(() => undefined);
      if (!stats?.isFile()) return undefined;
      const alive = Math.abs(Date.now() - stats.mtimeMs) < timing.aliveMs;
      return { path, size: stats.size, alive };
    }),
  );
  return found.filter((file) => file !== undefined).sort((a, b) => b.size - a.size);
}

function isPartialOf(checksum: string, name: string): boolean {
  if (!name.startsWith(checksum) || !name.endsWith(SUFFIX)) return false;
  // huggingface_hub's own marks are 8 digits long; such files are not continued by anybody, whoever began them.
  return /^(?:\.[0-9a-f]{16})?$/.test(name.slice(checksum.length, -SUFFIX.length));
}

async function obtain<T>(
  blob: string,
  { timing, signal, onWait }: PartialFileOptions,
  own: (opened: Opened) => T,
): Promise<T | undefined> {
  for (;;) {
    signal?.throwIfAborted();
    if (await isFile(blob)) return undefined;
    const all = await partials(blob, timing);
    const alive = all.find((file) => file.alive);
    if (alive) {
      onWait(alive.size);
      await timing.pause(timing.pollMs, signal);
    } else if (all[0]) {
      const file = await takeOver(all[0].path, blob);
      if (file) return own(file);
    } else {
      const file = await create(blob);
      const others = (await partials(blob, timing)).some(({ path }) => path !== file.path);
      // The blob may have come between the first look and this one.
      if (!others && !(await isFile(blob))) return own(file);
      // Each of two that began at the same moment may see the other: both step back, and not for equally long.
      await file.handle.close();
      await unlink(file.path).catch(() => {});
      await timing.pause(timing.pollMs * Math.random(), signal);
    }
  }
}

/** Undefined where somebody else was faster. */
async function takeOver(path: string, blob: string): Promise<Opened | undefined> {
  const marked = markedPath(blob);
  try {
    // Touched first: renamed, it must not look as if nobody wrote it.
    await utimes(path, new Date(), new Date());
    await rename(path, marked);
    return await opened(marked, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
