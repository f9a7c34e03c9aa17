/** A process of its own that holds a file's lock until it is killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll } from '@jest/globals';
import { addonPath } from '../../lib/native/load.js';

const PROGRAM = `
  const [addon, path, content] = process.argv.slice(1);
  const fs = require('node:fs');
  const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT);
  while (require(addon).lockFile({ fd }) !== 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  fs.writeSync(fd, content.replace('PID', process.pid));
  process.stdout.write('locked');
  // Ends with its parent, even one that was killed.
  process.stdin.on('close', () => process.exit()).resume();
`;

const alive = new Set<ChildProcess>();

// A test that fails must leave none behind.
afterAll(() => {
  for (const child of alive) child.kill('SIGKILL');
});

/** Resolves when the lock is held. @param content of the file, in which PID stands for the process id */
export function holdLock(path: string, content = ''): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', PROGRAM, addonPath(), path, content], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child as ChildProcess & { pid: number }));
    child.once('exit', (status) =>
      reject(new Error(`the process that holds the lock has ended (${status})`)),
    );
  });
}

/** Kills by SIGKILL and waits for the end. */
export async function kill(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
