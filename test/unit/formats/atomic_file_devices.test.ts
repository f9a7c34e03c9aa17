import { execFileSync } from 'node:child_process';
import fs, { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { FileError } from '../../../lib/errors.js';
import { AtomicFile } from '../../../lib/formats/atomic_file.js';
import { resolveOutputTarget } from '../../../lib/formats/output_target.js';
import { messageOf } from './errors_of.js';
import { openFiles } from './open_files.js';
import { refusal } from './output_refusal.js';
import { useTemporaryDirectory } from './temporary_directory.js';

const temporary = useTemporaryDirectory();
const onPosix = process.platform === 'win32' ? it.skip : it;
const onLinux = process.platform === 'linux' ? it : it.skip;
const bytes = (text: string) => new TextEncoder().encode(text);

describe('AtomicFile on what cannot be replaced', () => {
  onPosix('writes straight into a FIFO', async () => {
    execFileSync('mkfifo', [temporary('fifo')]);
    const read = readFile(temporary('fifo'), 'utf8');
    const file = await AtomicFile.open(temporary('fifo'));
    const text = 'x'.repeat(200_000);
    await file.write(bytes(text));
    await file.commit();
    expect(await read).toBe(text);
    expect(lstatSync(temporary('fifo')).isFIFO()).toBe(true);
    expect(readdirSync(temporary(''))).toEqual(['fifo']);
  });

  onPosix('waits for the readers of FIFOs without blocking the threads that other files need', async () => {
    const paths = Array.from({ length: 8 }, (_, i) => temporary(`waiting-${i}`));
    execFileSync('mkfifo', paths);
    const files = Promise.all(paths.map((path) => AtomicFile.open(path)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stat(temporary(''));
    const reads = Promise.all(paths.map((path) => readFile(path, 'utf8')));
    for (const [i, file] of (await files).entries()) {
      await file.write(bytes(String(i)));
      await file.commit();
    }
    expect(await reads).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  onLinux('refuses a socket', async () => {
    const server = createServer().listen(temporary('socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      expect(await refusal(temporary('socket'))).toContain('ENXIO');
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  onPosix('writes into /dev/null and leaves it a device', async () => {
    const file = await AtomicFile.open('/dev/null', { seek: true });
    await file.write(bytes('x'));
    await file.writeAt(bytes('y'), 0);
    await file.commit();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    await (await AtomicFile.open('/dev/null')).abort();
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  onLinux('stays failed after a failed write', async () => {
    const file = await AtomicFile.open('/dev/full');
    const message = await messageOf(FileError, () => file.write(bytes('x')));
    expect(message).toBe(
      'output /dev/full: expected a writable file but received ENOSPC (no space left on device)',
    );
    expect(await messageOf(FileError, () => file.write(new Uint8Array(0)))).toBe(message);
    expect(await messageOf(FileError, () => file.commit())).toBe(message);
    expect(openFiles()).not.toContain('/dev/full');
  });

  onLinux('writes into an open descriptor where it stands, and leaves it open', async () => {
    const fd = fs.openSync(temporary('redirected'), 'w');
    try {
      fs.writeSync(fd, 'before ');
      const file = await AtomicFile.open(`/dev/fd/${fd}`);
      await file.write(bytes('inside '));
      await file.commit();
      const aborted = await AtomicFile.open(`/proc/self/fd/${fd}`);
      await aborted.abort();
      fs.writeSync(fd, 'after');
    } finally {
      fs.closeSync(fd);
    }
    expect(readFileSync(temporary('redirected'), 'utf8')).toBe('before inside after');
  });

  onLinux('knows the standard streams, and descriptors that are not open', async () => {
    expect(await resolveOutputTarget('/dev/stdout')).toMatchObject({ kind: 'descriptor', fd: 1 });
    expect(await resolveOutputTarget('/dev/stderr')).toMatchObject({ kind: 'descriptor', fd: 2 });
    expect(await refusal('/dev/fd/999999')).toContain('EBADF');
  });

  onPosix('refuses a FIFO before opening it if it must seek', async () => {
    execFileSync('mkfifo', [temporary('no-seek')]);
    // Nobody reads it, so that an open would wait for ever.
    expect(await refusal(temporary('no-seek'), { seek: true })).toBe(
      'expected a regular file, since bytes at its start are written last, but received a pipe',
    );
  });

  onLinux('refuses a terminal and a redirected descriptor if it must seek', async () => {
    expect(await refusal('/dev/ptmx', { seek: true })).toContain('received a character device');
    expect(openFiles()).not.toContain('/dev/ptmx');
    const fd = fs.openSync(temporary('redirected'), 'a');
    try {
      expect(await refusal(`/dev/fd/${fd}`, { seek: true })).toContain('received an open descriptor');
    } finally {
      fs.closeSync(fd);
    }
  });
});
