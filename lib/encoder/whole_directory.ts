/** A directory that appears under its name only when it is whole. */
import { rmSync } from 'node:fs';
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { attempt, isWithin } from './copy_directory.js';

/** Removes `folder` and the folders around it up to `last`, as long as they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let at = folder; isWithin(last, at); at = dirname(at)) await rmdir(at);
  } catch {
    // Somebody else uses it by now.
  }
}

/**
 * Fills a hidden folder beside `output`, then gives it that name.
 * @param fill gets the path of the folder, which is there and empty
 * @throws FileError, and what `fill` throws; nothing is left behind then, nor when the process exits in between
 */
export async function writeDirectory(output: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const writable = <T>(operation: () => Promise<T>) =>
    attempt(`output ${output}`, 'a directory that can be written', operation);
  const target = resolve(output);
  // At most 50 characters of the name, so that the hidden name stays below 255 bytes.
  const stem = [...basename(target)].slice(0, 50).join('');
  // The global loads node:crypto when it is first used, an import at once.
  const random = crypto.randomUUID().slice(24);
  const partial = join(dirname(target), `.${stem}.${process.pid}-${random}.partial`);
  const made = await writable(() => mkdir(dirname(target), { recursive: true }));
  const removeNow = () => rmSync(partial, { recursive: true, force: true });
  process.once('exit', removeNow);
  try {
    await writable(() => mkdir(partial));
    await fill(partial);
    await writable(() => rename(partial, target));
  } catch (error) {
    await rm(partial, { recursive: true, force: true }).catch(() => {});
    if (made !== undefined) await removeEmpty(dirname(target), made);
    throw error;
  } finally {
    process.off('exit', removeNow);
  }
}
