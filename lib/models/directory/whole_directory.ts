/** A directory that appears under its name only when it is whole. */
import { rmSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { expectation, expectationOf, FileError, restated } from '../../errors.js';
import { OutputLock } from '../../formats/output_lock.js';
import { isTemporaryOf, temporaryPath } from '../../formats/temporary_name.js';
import { attempt, isWithin } from './copy_directory.js';

const SUFFIX = '.partial';

/** Removes `folder` and the folders around it up to `last`, as long as they are empty. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  try {
    for (let at = folder; isWithin(last, at); at = dirname(at)) await rmdir(at);
  } catch {
    // Somebody else uses it by now.
  }
}

/** Removes the hidden folders of killed runs. The lock must be held: whoever fills such a folder holds it. */
async function removeAbandoned(target: string): Promise<void> {
  const parent = dirname(target);
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((name) => isTemporaryOf(target, name, SUFFIX))) {
    // What cannot be removed is no obstacle to this run.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** Nobody has named the hidden folder, so no error does. */
function nameOutput(error: unknown, folder: string, output: string): unknown {
  const told = expectationOf(error);
  if (!(error instanceof FileError) || told === undefined) return error;
  const { subject, expected, received } = told;
  if (!subject.includes(folder)) return error;
  return restated(error, expectation(subject.replaceAll(folder, output), expected, received));
}

/**
 * Fills a hidden folder beside `output`, then gives it that name. One run at a time does so for an output.
 * @param fill gets the path of the folder, which is there and empty
 * @throws OutputBusyError if another run writes the output
 * @throws FileError, and what `fill` throws; nothing is left behind then, nor when the process exits in between
 */
export async function writeDirectory(output: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const writable = <T>(operation: () => Promise<T>) =>
    attempt(`output ${output}`, 'a directory that can be written', operation);
  const parent = dirname(resolve(output));
  const made = await writable(() => mkdir(parent, { recursive: true }));
  let lock: OutputLock | undefined;
  let partial: string | undefined;
  const removeNow = () => {
    if (partial !== undefined) rmSync(partial, { recursive: true, force: true });
  };
  process.once('exit', removeNow);
  try {
    // Without links, so that all paths of one directory have the same lock.
    const target = join(await writable(() => realpath(parent)), basename(resolve(output)));
    lock = OutputLock.acquireAt(output, target);
    if (lock.isExclusive) await removeAbandoned(target);
    const folder = temporaryPath(target, SUFFIX);
    partial = folder;
    await writable(() => mkdir(folder));
    await fill(folder);
    await writable(() => rename(folder, target));
  } catch (error) {
    if (partial !== undefined) await rm(partial, { recursive: true, force: true }).catch(() => {});
    lock?.release();
    if (made !== undefined) await removeEmpty(parent, made);
    throw partial === undefined ? error : nameOutput(error, partial, output);
  } finally {
    lock?.release();
    process.off('exit', removeNow);
  }
}
