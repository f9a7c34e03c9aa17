/** Where the server listens: an address and a port, or a Unix socket. */
import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ArgumentError, expectation, FileError } from '../errors.js';
import { systemErrorReason } from '../formats/file_reason.js';
import type { CommandOptions } from './options.js';

type Place = Pick<CommandOptions, 'host' | 'port' | 'udsPath'>;

/**
 * @returns http://HOST:PORT, or the path of the socket
 * @throws FileError, ArgumentError
 */
export async function listen(app: FastifyInstance, { host, port, udsPath }: Place): Promise<string> {
  if (udsPath !== undefined) {
    await removeLeftover(udsPath);
    await app.listen({ path: udsPath, listenTextResolver: (at) => `listening at ${at}` }).catch((cause) => {
      throw new FileError(expectation('--uds-path', 'a place for a socket', systemErrorReason(cause)), {
        cause,
      });
    });
    return udsPath;
  }
  await app.listen({ host, port, listenTextResolver: (at) => `listening at ${at}` }).catch((cause) => {
    const where = `an address and a port that are free (${host}, ${port})`;
    throw new ArgumentError(expectation('--host, --port', where, systemErrorReason(cause)), { cause });
  });
  const { address, port: taken } = app.server.address() as { address: string; port: number };
  return `http://${address.includes(':') ? `[${address}]` : address}:${taken}`;
}

/** A server that was killed leaves its socket behind, and nothing but a socket that nobody answers is removed. */
async function removeLeftover(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined);
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new FileError(expectation('--uds-path', 'a socket or nothing there', 'another kind of file'));
  }
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
  if (answered) {
    throw new FileError(expectation('--uds-path', 'a socket that is free', 'one that a server listens on'));
  }
  await unlink(path).catch(() => {});
}
