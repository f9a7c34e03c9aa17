/** A folder's files and folders as fresh ones of the same content. */
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expectation, FileError } from '../../errors.js';
import { fileKind, systemErrorReason } from '../../formats/file_reason.js';

export interface CopyOptions {
  /** Sees paths within the folder. */
  wanted(path: string): boolean;
  signal?: AbortSignal | undefined;
}

/** Whether `path` is `folder` or lies in it; both absolute. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  // Absolute: on another drive.
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** @throws FileError instead of what the file system says */
export async function attempt<T>(subject: string, expected: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause;
    throw new FileError(expectation(subject, expected, systemErrorReason(cause)), { cause });
  }
}

/**
 * Read-only originals make no read-only copies: neither modes nor times are kept. Links are followed; a folder in which
 * nothing is wanted is left out.
 * @throws FileError, also for what is neither a file nor a folder and for a link to a folder around it
 */
export async function copyDirectory(from: string, to: string, options: CopyOptions): Promise<void> {
  const real = await attempt(from, 'a readable folder', () => realpath(from));
  await copyInside(from, to, options, '', [real]);
}

/** @param around real paths of the folders that are being copied, the outermost first */
async function copyInside(
  from: string,
  to: string,
  options: CopyOptions,
  inside: string,
  around: readonly string[],
): Promise<void> {
  const folder = join(from, inside);
  for (const name of await attempt(folder, 'a readable folder', () => readdir(folder))) {
    options.signal?.throwIfAborted();
    const path = join(inside, name);
    if (!options.wanted(path)) continue;
    const original = join(from, path);
    const stats = await attempt(original, 'a readable file', () => stat(original));
    if (stats.isDirectory()) {
      const real = await attempt(original, 'a readable folder', () => realpath(original));
      if (around.some((outer) => isWithin(real, outer))) {
        throw new FileError(expectation(original, 'a folder', 'a link to a folder around it'));
      }
      await copyInside(from, to, options, path, [...around, real]);
    } else if (stats.isFile()) {
      await copyFile(original, to, path, options.signal);
    } else {
      throw new FileError(expectation(original, 'a file or a folder', fileKind(stats)));
    }
  }
}

async function copyFile(original: string, to: string, path: string, signal: AbortSignal | undefined) {
  const copy = join(to, path);
  await attempt(copy, 'a folder that can be written', () => mkdir(dirname(copy), { recursive: true }));
  try {
    await pipeline(createReadStream(original), createWriteStream(copy), { signal });
  } catch (cause) {
    // A full disk is not the original's fault.
    const isWrite = ['write', 'writev'].includes((cause as NodeJS.ErrnoException).syscall ?? '');
    const [subject, expected] = isWrite
      ? [`output ${copy}`, 'a writable file']
      : [original, 'a file that can be copied'];
    await attempt(subject!, expected!, () => Promise.reject(cause));
  }
}
