import { expect } from '@jest/globals';
import { FileError } from '../../../lib/errors.js';
import { AtomicFile, type AtomicFileOptions } from '../../../lib/formats/atomic_file.js';
import { messageOf, ONE_SENTENCE } from './errors_of.js';

/** What follows "output PATH: " in the FileError that opening `path` gives. */
export async function refusal(path: string, options: AtomicFileOptions = {}): Promise<string> {
  const message = await messageOf(FileError, () => AtomicFile.open(path, options));
  expect(message).toMatch(ONE_SENTENCE);
  expect(message.startsWith(`output ${path}: `)).toBe(true);
  return message.slice(`output ${path}: `.length);
}
