/** Small text files that are read whole. */
import { expectation, FileError } from '../errors.js';
import { type InputFile, withInputFile } from './input_file.js';

export interface TextFileOptions {
  /** Bytes that the file may have. */
  most: number;
  /** Names the file in errors; "input PATH" by default. */
  subject?: string;
}

/**
 * The text of a file in UTF-8.
 * @throws FileError if the file is missing, unreadable, not a regular file, which might never end, or too large
 */
export function readTextFile(
  path: string,
  { most, subject = `input ${path}` }: TextFileOptions,
): Promise<string> {
  const read = async (file: InputFile): Promise<string> => {
    if (file.size > most) {
      throw new FileError(expectation(subject, `at most ${most} bytes`, `${file.size} bytes`));
    }
    const bytes = Buffer.allocUnsafe(file.size);
    await file.read(bytes, 0);
    await file.checkUnchanged();
    return bytes.toString('utf8');
  };
  return withInputFile(path, read, { subject });
}
