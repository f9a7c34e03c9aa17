/** A file written in one go, that appears under its name only when it is whole. */
import { AtomicFile, type AtomicFileOptions } from './atomic_file.js';

/** @throws FileError if the file cannot be written; nothing is left behind then */
export async function writeWhole(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options: AtomicFileOptions = {},
): Promise<void> {
  const file = await AtomicFile.open(path, options);
  try {
    for await (const chunk of chunks) await file.write(chunk);
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}
