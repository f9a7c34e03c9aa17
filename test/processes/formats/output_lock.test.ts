/** One run at a time writes an output. */
import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { FileError, OutputBusyError } from '../../../lib/errors.js';
import { OutputLock } from '../../../lib/formats/output_lock.js';
import { holdLock, kill } from '../../support/lock_holder.js';
import { messageOf } from '../../unit/formats/errors_of.js';
import { openFiles } from '../../unit/formats/open_files.js';
import { useTemporaryDirectory } from '../../unit/formats/temporary_directory.js';

const temporary = useTemporaryDirectory();

async function busy(path: string): Promise<OutputBusyError> {
  const result = await OutputLock.acquire(path).catch((error) => error);
  expect(result).toBeInstanceOf(OutputBusyError);
  return result as OutputBusyError;
}

describe('the lock of an output', () => {
  it('is held until it is released, and leaves nothing', async () => {
    const path = temporary('a.npy');
    const lock = await OutputLock.acquire(path);
    expect(lock.isExclusive).toBe(true);
    expect(readdirSync(temporary(''))).toEqual(['.a.npy.lock']);
    const { message, pid, code } = await busy(path);
    expect(message).toBe(
      `output ${path}: process ${process.pid} is writing it; wait until it ends or choose another output`,
    );
    expect([pid, code]).toEqual([process.pid, 'ERR_FILE']);
    lock.release();
    lock.release();
    expect(readdirSync(temporary(''))).toEqual([]);
    (await OutputLock.acquire(path)).release();
    if (process.platform === 'linux')
      expect(openFiles().filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('goes with its process, however that ends', async () => {
    const holder = await holdLock(temporary('.b.npy.lock'), `PID ${hostname()}\n`);
    expect((await busy(temporary('b.npy'))).pid).toBe(holder.pid);
    await kill(holder);
    (await OutputLock.acquire(temporary('b.npy'))).release();
    expect(readdirSync(temporary(''))).toEqual([]);
  });

  it.each<[string, string]>([
    ['', 'another process is writing it'],
    ['nonsense', 'another process is writing it'],
    ['12 elsewhere\n', 'process 12 on elsewhere is writing it'],
  ])('names its holder as well as it can: %j', async (content, expected) => {
    const holder = await holdLock(temporary('.c.lock'), content);
    try {
      expect((await busy(temporary('c'))).message).toContain(expected);
    } finally {
      await kill(holder);
    }
    rmSync(temporary('.c.lock'));
  });

  it('is one for all paths of an output, and another for each output', async () => {
    mkdirSync(temporary('real'));
    writeFileSync(temporary('real/out'), '');
    symlinkSync('real', temporary('linked'));
    symlinkSync('real/out', temporary('link'));
    const names = [...'12'].map((last) =>
      temporary(`${'a long name of which only the end differs '.repeat(3)}${last}`),
    );
    const locks = await Promise.all(
      [temporary('real/out'), ...names].map((path) => OutputLock.acquire(path)),
    );
    for (const path of ['linked/out', 'link', 'real/../linked/out']) await busy(temporary(path));
    for (const lock of locks) lock.release();
    rmSync(temporary('link'));
  });

  it('takes a name of 255 bytes', async () => {
    (await OutputLock.acquire(temporary('€'.repeat(85)))).release();
  });

  it('is not needed for what is no file', async () => {
    const lock = await OutputLock.acquire('/dev/null');
    expect(lock.isExclusive).toBe(false);
    (await OutputLock.acquire('/dev/null')).release();
    lock.release();
  });

  it('never removes a lock file that took the place of its own', async () => {
    const lock = await OutputLock.acquire(temporary('d'));
    rmSync(temporary('.d.lock'));
    const other = await OutputLock.acquire(temporary('d'));
    lock.release();
    await busy(temporary('d'));
    other.release();
    expect(readdirSync(temporary('')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('is not a link, a directory or a FIFO, which are left as they are', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lock-'));
    try {
      writeFileSync(join(directory, 'kept'), 'kept');
      symlinkSync('kept', join(directory, '.link.lock'));
      mkdirSync(join(directory, '.directory.lock'));
      execFileSync('mkfifo', [join(directory, '.fifo.lock')]);
      for (const [name, what] of [
        ['link', 'a link'],
        ['directory', 'a directory'],
        ['fifo', 'a pipe'],
      ]) {
        const path = join(directory, name!);
        expect(await messageOf(FileError, () => OutputLock.acquire(path))).toBe(
          `output ${path}: expected a writable file but received ${what} in place of its lock file ` +
            `(${join(directory, `.${name}.lock`)})`,
        );
      }
      expect(readFileSync(join(directory, 'kept'), 'utf8')).toBe('kept');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is refused where no file can be written', async () => {
    expect(await messageOf(FileError, () => OutputLock.acquire(temporary('no/file')))).toContain('ENOENT');
    expect(await messageOf(FileError, () => OutputLock.acquire(temporary('real')))).toContain('a directory');
  });

  it('says where the file system has no locks', async () => {
    await jest.isolateModulesAsync(async () => {
      jest.unstable_mockModule('../../../lib/formats/file_lock.js', () => ({
        lockFile: () => 'unsupported',
        leadsTo: () => true,
      }));
      const { OutputLock: Lock } = await import('../../../lib/formats/output_lock.js');
      const locks = [await Lock.acquire(temporary('e')), await Lock.acquire(temporary('e'))];
      expect(locks.map((lock) => lock.isExclusive)).toEqual([false, false]);
      for (const lock of locks) lock.release();
      expect(readdirSync(temporary('')).filter((name) => name.endsWith('.lock'))).toEqual([]);
    });
  });
});
