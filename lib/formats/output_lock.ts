/**
 * At most one process writes an output at a time.
 *
 * The lock is that of the open file `.<name>.lock` beside the output. The kernel releases it when the process ends,
 * however it ends, so a file that a killed process left is simply locked again. It names its holder, for the message
 * that a second process gives. A pid in a file, with or without its start time, would be wrong where containers share a
 * directory, a lock that is touched every few seconds is lost by a process that is stopped for longer, and a bound
 * socket or port is not tied to the directory: those were the alternatives.
 *
 * The file is removed on release. Its remover holds the lock, and whoever locks a file looks afterwards whether its name
 * still leads to it; so no two processes lock two files of one name.
 *
 * A file system without locks gives a lock with `isExclusive` false: then nothing keeps two processes apart.
 */
import fs, { constants } from 'node:fs';
import { hostname } from 'node:os';
import { OutputBusyError, SyntheticAttentionError } from '../errors.js';
import { leadsTo, lockFile } from './file_lock.js';
import { fileKind, systemErrorReason } from './file_reason.js';
import { resolveOutputTarget, unwritable } from './output_target.js';
import { lockPath } from './temporary_name.js';

// Links are not followed and FIFOs not waited for: neither can be a lock. Windows lacks both flags.
const FLAGS =
  constants.O_RDWR | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** How often the lock file may have been removed by its last holder between two steps of this process. */
const ATTEMPTS = 1000;

/** Held locks; those are released when the process exits in an orderly way. */
const held = new Set<OutputLock>();

function releaseAll(): void {
  for (const lock of held) lock.release();
}

export class OutputLock {
  /** False where the file system has no locks, and for outputs that are no files. */
  readonly isExclusive: boolean;
  readonly #path: string;
  #fd: number | undefined;

  private constructor(path: string, fd: number | undefined) {
    this.#path = path;
    this.#fd = fd;
    this.isExclusive = fd !== undefined;
    if (fd === undefined) return;
    if (held.size === 0) process.on('exit', releaseAll);
    held.add(this);
  }

  /**
   * Locks an output file, which need not be there. Devices, pipes and standard output are not locked.
   * @throws OutputBusyError if another run holds the lock
   * @throws FileError if no file can be written there
   */
  static async acquire(output: string): Promise<OutputLock> {
    const target = await resolveOutputTarget(output);
    return target.kind === 'file' ? OutputLock.acquireAt(output, target.path) : new OutputLock('', undefined);
  }

  /**
   * The same for a file or directory whose place is known.
   * @param output as the user gave it
   * @param path of the output, without links
   */
  static acquireAt(output: string, path: string): OutputLock {
    const place = lockPath(path);
    for (let attempt = 1; ; attempt++) {
      const fd = openLock(output, place);
      try {
        const result = lockFile(fd);
        if (result === 'busy') throw busy(output, readHolder(fd));
        // On a file system that numbers its files anew at every look, the name never seems to lead to the file.
        if (result === 'unsupported' || attempt === ATTEMPTS) {
          // Without locks the file is of no use to anybody.
          if (result === 'unsupported') fs.rmSync(place, { force: true });
          fs.closeSync(fd);
          return new OutputLock(place, undefined);
        }
        if (leadsTo(place, fd)) {
          writeHolder(fd);
          return new OutputLock(place, fd);
        }
      } catch (error) {
        fs.closeSync(fd);
        if (error instanceof SyntheticAttentionError) throw error;
        throw unwritable(output, `a lock file that cannot be locked (${place})`, error);
      }
      // Another process has released and removed it in between.
      fs.closeSync(fd);
    }
  }

  /** Never throws; does nothing when called again. */
  release(): void {
    const fd = this.#fd;
    if (fd === undefined) return;
    this.#fd = undefined;
    held.delete(this);
    if (held.size === 0) process.off('exit', releaseAll);
    try {
      // Somebody may have removed the file by hand; then the name can be another process' by now.
      if (leadsTo(this.#path, fd)) fs.unlinkSync(this.#path);
    } catch {
      // Left behind; the next run locks it again.
    }
    fs.closeSync(fd);
  }
}

function openLock(output: string, place: string): number {
  let fd: number;
  try {
    fd = fs.openSync(place, FLAGS, 0o666);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' && fs.lstatSync(place, { throwIfNoEntry: false })) {
      throw unwritable(output, `a lock file of another user (${place})`, error);
    }
    if (code === 'ELOOP') throw unwritable(output, `a link in place of its lock file (${place})`, error);
    if (code === 'EISDIR')
      throw unwritable(output, `a directory in place of its lock file (${place})`, error);
    throw unwritable(output, systemErrorReason(error), error);
  }
  const stats = fs.fstatSync(fd);
  if (stats.isFile()) return fd;
  fs.closeSync(fd);
  throw unwritable(output, `${fileKind(stats)} in place of its lock file (${place})`);
}

interface Holder {
  pid: number;
  host: string;
}

/** Empty where it may not be known, by Deno's permissions. */
function ownHost(): string {
  try {
    return hostname();
  } catch {
    return '';
  }
}

function writeHolder(fd: number): void {
  try {
    fs.ftruncateSync(fd);
    fs.writeSync(fd, `${process.pid} ${ownHost()}\n`, 0);
  } catch {
    // A full disk: the lock holds all the same, and the output itself will tell.
  }
}

/** Undefined where the holder has not written it yet. */
function readHolder(fd: number): Holder | undefined {
  const bytes = Buffer.alloc(300);
  try {
    const length = fs.readSync(fd, bytes, 0, bytes.length, 0);
    const [, pid, host] = /^(\d{1,10}) (\S{0,255})\n$/.exec(bytes.toString('utf8', 0, length)) ?? [];
    return pid === undefined ? undefined : { pid: Number(pid), host: host! };
  } catch {
    return undefined;
  }
}

function busy(output: string, holder: Holder | undefined): OutputBusyError {
  const where = holder === undefined || holder.host === ownHost() ? '' : ` on ${holder.host}`;
  const who = holder === undefined ? 'another process' : `process ${holder.pid}${where}`;
  return new OutputBusyError(
    `output ${output}: ${who} is writing it; wait until it ends or choose another output`,
    holder?.pid,
  );
}
