import { execFile, execFileSync } from 'node:child_process';
import fs, { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { FileError } from '../../../lib/errors.js';
import { AtomicFile } from '../../../lib/formats/atomic_file.js';
import { resolveOutputTarget } from '../../../lib/formats/output_target.js';
import { asOrdinaryUser } from '../../unit/formats/as_ordinary_user.js';
import { messageOf } from '../../unit/formats/errors_of.js';
import { openFiles } from '../../unit/formats/open_files.js';
import { refusal } from '../../unit/formats/output_refusal.js';
import { useTemporaryDirectory } from '../../unit/formats/temporary_directory.js';

const temporary = useTemporaryDirectory();
const onPosix = process.platform === 'win32' ? it.skip : it;
const onLinux = process.platform === 'linux' ? it : it.skip;
/** The text of pipes, read one after the other by a process whose waiting blocks no thread of this one. */
const readElsewhere = async (paths: string[]) =>
  (await promisify(execFile)('cat', paths, { timeout: 20_000 })).stdout;

/** Wraps a test of a device, so that no mistake under test can put a file in the device's place. */
const unprivileged = (test: () => Promise<void>) => () => asOrdinaryUser(temporary(''), test);

const bytes = (text: string) => new TextEncoder().encode(text);

describe('AtomicFile on what cannot be replaced', () => {
  onPosix('writes straight into a FIFO', async () => {
    execFileSync('mkfifo', [temporary('fifo')]);
    const read = readElsewhere([temporary('fifo')]);
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
    const written = paths.map(async (path, i) => {
      const file = await AtomicFile.open(path);
      await file.write(bytes(String(i)));
      await file.commit();
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stat(temporary(''));
    expect(await readElsewhere(paths)).toBe('01234567');
    await Promise.all(written);
  });

  onPosix('can be aborted while the reader of a full FIFO does not read', async () => {
    execFileSync('mkfifo', [temporary('stuck')]);
    const reader = fs.openSync(temporary('stuck'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const file = await AtomicFile.open(temporary('stuck'));
      const written = messageOf(FileError, () => file.write(new Uint8Array(1_000_000)));
      await new Promise((resolve) => setTimeout(resolve, 20));
      await file.abort();
      expect(await written).toContain('one that is aborted');
    } finally {
      fs.closeSync(reader);
    }
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

  onPosix(
    'writes into /dev/null and leaves it a device',
    unprivileged(async () => {
      const file = await AtomicFile.open('/dev/null', { seek: true });
      await file.write(bytes('x'));
      await file.writeAt(bytes('y'), 0);
      await file.commit();
      expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
      await (await AtomicFile.open('/dev/null')).abort();
      expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
    }),
  );

  onLinux(
    'stays failed after a failed write',
    unprivileged(async () => {
      const file = await AtomicFile.open('/dev/full');
      const message = await messageOf(FileError, () => file.write(bytes('x')));
      expect(message).toBe(
        'output /dev/full: expected a writable file but received ENOSPC (no space left on device)',
      );
      expect(await messageOf(FileError, () => file.write(new Uint8Array(0)))).toBe(message);
      expect(await messageOf(FileError, () => file.commit())).toBe(message);
      expect(openFiles()).not.toContain('/dev/full');
    }),
  );

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

  onLinux(
    'refuses a terminal and a redirected descriptor if it must seek',
    unprivileged(async () => {
      expect(await refusal('/dev/ptmx', { seek: true })).toContain('received a character device');
      expect(openFiles()).not.toContain('/dev/ptmx');
      const fd = fs.openSync('/proc/self/exe', 'r');
      try {
        expect(await refusal(`/dev/fd/${fd}`, { seek: true })).toContain('received an open descriptor');
      } finally {
        fs.closeSync(fd);
      }
    }),
  );
});
