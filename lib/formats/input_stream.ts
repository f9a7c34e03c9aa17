/** Input that is read once, from its first byte to its last. */
import fs, { constants, createReadStream, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export interface ByteStream extends Readable {
  readonly bytesRead: number;
}

const CHUNK = 1 << 16;

/**
 * Opens a file, or a FIFO whose writer may come later.
 *
 * A read of a FIFO by createReadStream would block a thread of libuv's pool until somebody writes, and Node joins the
 * pool when the process exits: no signal but SIGKILL would end it. Through a socket the event loop waits instead.
 * @param stats of what is at `path`
 */
export function openStream(path: string, stats: Stats): ByteStream {
  if (!stats.isFIFO() || constants.O_NONBLOCK === undefined) {
    return createReadStream(path, { highWaterMark: CHUNK });
  }
  const fd = fs.openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return new Socket({ fd, readable: true, writable: false });
}
