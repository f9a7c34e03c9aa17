import { setTimeout as sleep } from 'node:timers/promises';

/** libuv refuses a single read or write of 2 GiB or more. */
const MAX_WRITE = 2 ** 30;
/** A full non-blocking pipe is asked again after this many milliseconds. */
const RETRY_MS = 1;

/**
 * Calls `write(offset, length)` until `byteLength` bytes are written. `write` may write fewer bytes than asked
 * for and returns how many, or rejects with EAGAIN if the reader of a non-blocking pipe is behind.
 */
export async function writeFully(
  byteLength: number,
  write: (offset: number, length: number) => Promise<number>,
): Promise<void> {
  let offset = 0;
  while (offset < byteLength) {
    let written: number;
    try {
      written = await write(offset, Math.min(byteLength - offset, MAX_WRITE));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await sleep(RETRY_MS);
      continue;
    }
    if (written <= 0) throw new Error('a write that made no progress');
    offset += written;
  }
}
