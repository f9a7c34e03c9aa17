/** Locks on open files, which the kernel releases when their process ends. */
import fs from 'node:fs';
import { FileLock } from '../native/codes.js';
import { addon } from '../native/load.js';

export type FileLockResult = 'locked' | 'busy' | 'unsupported';

/**
 * Takes the exclusive lock of an open file without waiting. It lasts until `fd` is closed or the process ends.
 * @returns busy if another open file holds it, in this process or another one; unsupported if the file system has no
 *   locks
 */
export function lockFile(fd: number): FileLockResult {
  const result = addon().lockFile({ fd });
  return result === FileLock.locked ? 'locked' : result === FileLock.busy ? 'busy' : 'unsupported';
}

/** Whether `path` still leads to the file that `fd` has open. */
export function leadsTo(path: string, fd: number): boolean {
  const there = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fs.fstatSync(fd, { bigint: true });
  return there?.ino === open.ino && there.dev === open.dev;
}
