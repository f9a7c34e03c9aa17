/** What a run depends on, so that another run can tell whether it would write the same bytes. */
import { createHash } from 'node:crypto';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expectation, FileError } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';

/** Name of a part -> a value that is equal for equal parts. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Bytes at the start of a file that are compared; all of a large one would take as long as reading it. */
const HEAD = 1 << 16;

/** Size, time of the last change and a hash of the beginning of every file. */
export async function fileFingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    try {
      const file = await open(path);
      try {
        const { size, mtimeMs } = await file.stat();
        const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
        hash.update(JSON.stringify([size, mtimeMs, bytesRead]));
        hash.update(buffer.subarray(0, bytesRead));
      } finally {
        await file.close();
      }
    } catch (error) {
      throw new FileError(expectation(`input ${path}`, 'a readable file', systemErrorReason(error)), {
        cause: error,
      });
    }
  }
  return hash.digest('hex');
}

/** All files of a model directory; a directory that is none gives the error that loading it gives. */
export async function modelFingerprint(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const paths: string[] = [];
  for (const name of names.sort()) {
    const path = join(directory, name);
    if ((await stat(path).catch(() => undefined))?.isFile()) paths.push(path);
  }
  return `${names.length} ${await fileFingerprint(paths)}`;
}

/** The first part in which two fingerprints differ. */
export function difference(a: Fingerprint, b: Fingerprint): string | undefined {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].find((part) => a[part] !== b[part]);
}
