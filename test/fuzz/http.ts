/** HTTP by hand over a loopback socket, since clients do not send what is wrong. */
import { connect } from 'node:net';

/** Longest time that a server may take for what it was sent. */
const PATIENCE_MS = 15_000;

/** Sends bytes in pieces and returns all that comes back; `cut` closes the connection after so many bytes. */
export function exchange(port: number, bytes: Buffer, pieces: number, cut: number | null): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.setEncoding('latin1').on('data', (part) => {
      text += String(part);
    });
    // The server may close a connection before everything is written.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(text);
    });
    const all = cut === null ? bytes : bytes.subarray(0, cut);
    const size = Math.max(1, Math.ceil(all.length / pieces));
    const send = (at: number): void => {
      if (at < all.length) {
        socket.write(all.subarray(at, at + size), () => setImmediate(send, at + size));
      } else if (cut !== null) socket.destroy();
      else socket.end();
    };
    socket.on('connect', () => send(0));
  });
}

/** The statuses of the answers in `text`, as far as they can be told apart. */
export function statuses(text: string): number[] {
  return [...text.matchAll(/(?:^|[\]}\n]|<\/html>\s*)HTTP\/1\.1 (\d{3}) /g)].map(([, status]) =>
    Number(status),
  );
}
