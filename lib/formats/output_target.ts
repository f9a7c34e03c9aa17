/** Where an output path leads, and so how it is to be written. */

import fs, { constants, type Stats } from 'node:fs';
import { open, readlink, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expectation, FileError } from '../errors.js';
import { fileKind, systemErrorReason } from './file_reason.js';

export type OutputTarget =
  /** A regular file, now or later: to be replaced as a whole. `mode` is that of the file there now. */
  | { readonly kind: 'file'; readonly path: string; readonly mode: number | undefined }
  /** A device, pipe or socket: to be opened and written straight into. `what` says which. */
  | (DeviceTarget & { readonly kind: 'device' })
  /** A descriptor that this process inherited, such as /dev/stdout: to be written into and left open. */
  | { readonly kind: 'descriptor'; readonly fd: number; readonly what: string; readonly canSeek: boolean };

export interface DeviceTarget {
  readonly path: string;
  readonly what: string;
  readonly canSeek: boolean;
  /** A FIFO, whose reader may come later. */
  readonly isPipe: boolean;
}

/** How often a FIFO is asked whether its reader has come, in milliseconds. */
const READER_MS = 10;

/**
 * Opens a device or pipe for writing; waits for the reader of a FIFO.
 *
 * Without O_NONBLOCK a missing or stuck reader would block a thread of libuv's pool, and Node joins the pool
 * when the process exits: not even process.exit would end it.
 */
export async function openDevice({ path, isPipe }: DeviceTarget): Promise<number> {
  for (;;) {
    try {
      return await promisify(fs.open)(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      if (!isPipe || (error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(READER_MS);
    }
  }
}

/**
 * Finds out where `path` leads. Symbolic links are followed, so that a link stays a link.
 * @throws FileError if no file can be written there
 */
export async function resolveOutputTarget(path: string): Promise<OutputTarget> {
  try {
    return await classify(path);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw unwritable(path, systemErrorReason(error), error);
  }
}

/** The error for an output file that cannot be written. */
export function unwritable(path: string, received: string, cause?: unknown): FileError {
  return new FileError(expectation(`output ${path}`, 'a writable file', received), { cause });
}

async function classify(path: string): Promise<OutputTarget> {
  const fd = inheritedDescriptor(path);
  if (fd !== undefined) {
    const stats = await promisify(fs.fstat)(fd);
    // Opened anew, a redirected stdout would be cut off and written from its start; a regular file behind it
    // may be in append mode, or begin in its midst, and Node cannot tell.
    return { kind: 'descriptor', fd, what: 'an open descriptor', canSeek: maySeek(stats) && !stats.isFile() };
  }
  if (path === '' || path.endsWith('/') || path.endsWith(sep)) {
    throw unwritable(path, path === '' ? 'an empty path' : 'the path of a directory');
  }
  const stats = await statIfPresent(path);
  if (stats === undefined) return { kind: 'file', path: await resolveMissing(path), mode: undefined };
  if (stats.isDirectory()) throw unwritable(path, 'a directory');
  if (!stats.isFile()) {
    const isPipe = stats.isFIFO();
    return { kind: 'device', path, what: fileKind(stats), canSeek: maySeek(stats), isPipe };
  }
  // A rename over a read-only file would succeed in a writable directory, and a read-only file is a wish.
  await (await open(path, constants.O_WRONLY)).close();
  return { kind: 'file', path: await realpath(path), mode: stats.mode & 0o777 };
}

function inheritedDescriptor(path: string): number | undefined {
  if (path === '/dev/stdout') return 1;
  if (path === '/dev/stderr') return 2;
  const match = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(path);
  return match === null ? undefined : Number(match[1]);
}

/** False for what can never seek; a character device may or may not. */
function maySeek(stats: Stats): boolean {
  return !stats.isFIFO() && !stats.isSocket();
}

async function statIfPresent(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The path of the file that opening `path` would create: beyond links whose target does not exist yet. */
async function resolveMissing(path: string): Promise<string> {
  const directory = await realpath(dirname(path));
  const here = join(directory, basename(path));
  let link: string;
  try {
    link = await readlink(here);
  } catch {
    return here;
  }
  // A loop of links cannot come here: stat has already failed on it with ELOOP.
  return resolveMissing(resolve(directory, link));
}
