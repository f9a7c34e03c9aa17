/**
 * Removal of temporary files whose process was killed.
 *
 * A process locks the temporary file that it writes, so a file whose lock is free belongs to nobody. Where the file
 * system has no locks nothing is removed.
 */
import fs, { constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { leadsTo, lockFile } from './file_lock.js';
import { isTemporaryOf } from './temporary_name.js';

export const TEMPORARY_SUFFIX = '.tmp';

// Nothing but regular files has such a name, but a link or a FIFO with it must do no harm. Windows lacks the flags.
const FLAGS = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** @param path of the output, without links */
export async function removeAbandoned(path: string): Promise<void> {
  const directory = dirname(path);
  // A directory that may be written and not listed keeps what is in it.
  const names = await readdir(directory).catch(() => []);
  for (const name of names) {
    if (isTemporaryOf(path, name, TEMPORARY_SUFFIX)) removeIfFree(join(directory, name));
  }
}

// Synchronous, so that the lock is not held over a turn of the event loop.
function removeIfFree(path: string): void {
  let fd: number | undefined;
  try {
    fd = fs.openSync(path, FLAGS);
    // Its owner may have renamed it meanwhile, and another file may have the name by now.
    if (fs.fstatSync(fd).isFile() && lockFile(fd) === 'locked' && leadsTo(path, fd)) fs.unlinkSync(path);
  } catch {
    // Gone already, or another user's: not an obstacle to the run that is about to begin.
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}
