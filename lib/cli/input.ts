/** The input of `encode`: a stream of bytes and, where it can be known, its size. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { ArgumentError, expectation, FileError } from '../errors.js';

export interface Input {
  stream: Readable;
  /** Bytes, undefined for pipes. */
  size: number | undefined;
}

export async function openInput(input: string, output: string): Promise<Input> {
  if (input === '-') return { stream: process.stdin, size: undefined };
  const stats = await stat(input).catch((cause: NodeJS.ErrnoException) => {
    const received = cause.code === 'ENOENT' ? 'nothing there' : (cause.code ?? cause.message);
    throw new FileError(expectation(`input ${input}`, 'a readable file', received), { cause });
  });
  if (stats.isDirectory())
    throw new FileError(expectation(`input ${input}`, 'a readable file', 'a directory'));
  const target = output === '-' ? undefined : await stat(output).catch(() => undefined);
  if (target?.isFile() && target.ino === stats.ino && target.dev === stats.dev) {
    throw new ArgumentError(expectation('--output', 'another file than the input', output));
  }
  return {
    stream: createReadStream(input, { highWaterMark: 1 << 18 }),
    size: stats.isFile() ? stats.size : undefined,
  };
}
