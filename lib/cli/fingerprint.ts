/** What a run depends on, so that another run can tell whether it would write the same bytes. */
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { expectation, FileError } from '../errors.js';
import { fileKind, systemErrorReason } from '../formats/file_reason.js';

/** Name of a part -> a value that is equal for equal parts. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Bytes at the start of an input that are compared: it is read, and digested, as far as the run has come anyway. */
const HEAD = 1 << 16;
const READ_BYTES = 1 << 20;

/** Files of a model that are read; others, such as weights for other libraries, are compared by their beginnings. */
const MODEL_FILES = new Set(['.safetensors', '.json', '.txt', '.model']);

// Without O_NONBLOCK the open of a FIFO that nobody writes to would wait for ever. Windows lacks the flag.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

async function withFile(subject: string, path: string, use: (file: FileHandle) => Promise<void>) {
  try {
    const file = await open(path, FLAGS);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) {
        throw new FileError(expectation(subject, 'a regular file for --resume', fileKind(stats)));
      }
      await use(file);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(expectation(subject, 'a readable file', systemErrorReason(error)), { cause: error });
  }
}

async function addHead(hash: Hash, file: FileHandle): Promise<void> {
  const { size, mtimeMs } = await file.stat();
  const { bytesRead, buffer } = await file.read(new Uint8Array(HEAD), 0, HEAD, 0);
  hash.update(JSON.stringify([size, mtimeMs, bytesRead]));
  hash.update(buffer.subarray(0, bytesRead));
}

async function addContent(hash: Hash, file: FileHandle): Promise<void> {
  const content = createHash('sha256');
  const bytes = new Uint8Array(READ_BYTES);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(bytes, 0, READ_BYTES, position);
    if (bytesRead === 0) break;
    content.update(bytes.subarray(0, bytesRead));
    position += bytesRead;
  }
  hash.update(content.digest());
}

/**
 * Size, time of the last change and a hash of the beginning of every input.
 * @throws FileError on what cannot be read a second time: pipes and devices
 */
export async function inputFingerprint(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) await withFile(`input ${path}`, path, (file) => addHead(hash, file));
  return hash.digest('hex');
}

/** A hash of the content. */
export async function contentFingerprint(subject: string, path: string): Promise<string> {
  const hash = createHash('sha256');
  await withFile(subject, path, (file) => addContent(hash, file));
  return hash.digest('hex');
}

/**
 * Names and contents of the files of a model directory; a directory that is none gives the error that loading it gives.
 * @param output which may lie in the directory, and is no part of the model with the files beside it
 */
export async function modelFingerprint(directory: string, output: string): Promise<string> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const isOfOutput = await ownFiles(output);
  const hash = createHash('sha256');
  for (const name of names.sort()) {
    const path = join(directory, name);
    const stats = await stat(path).catch(() => undefined);
    if (!stats?.isFile() || isOfOutput(name, (await stat(dirname(path))).ino)) continue;
    hash.update(JSON.stringify(name));
    const add = MODEL_FILES.has(extname(name)) ? addContent : addHead;
    await withFile(path, path, (file) => add(hash, file));
  }
  return hash.digest('hex');
}

async function ownFiles(output: string): Promise<(name: string, folder: number) => boolean> {
  const folder = (await stat(dirname(output)).catch(() => undefined))?.ino;
  const own = basename(output);
  return (name, ino) => {
    const base = basename(name);
    return ino === folder && (base === own || base.startsWith(`${own}.`) || base.startsWith('.'));
  };
}

/** The first part in which two fingerprints differ. */
export function difference(a: Fingerprint, b: Fingerprint): string | undefined {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].find((part) => a[part] !== b[part]);
}
