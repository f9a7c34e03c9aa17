import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FileError } from '../../../lib/errors.js';
import { AtomicFile } from '../../../lib/formats/atomic_file.js';
import { asOrdinaryUser, MODES_BIND } from './as_ordinary_user.js';
import { messageOf } from './errors_of.js';
import { openFiles } from './open_files.js';
import { refusal } from './output_refusal.js';
import { useTemporaryDirectory } from './temporary_directory.js';

const temporary = useTemporaryDirectory();
const onPosix = process.platform === 'win32' ? it.skip : it;

const bytes = (text: string) => new TextEncoder().encode(text);
const temporaries = (directory = '') => readdirSync(temporary(directory)).filter((n) => n.endsWith('.tmp'));

describe('AtomicFile on a regular file', () => {
  it('shows nothing under the name until commit', async () => {
    const path = temporary('new');
    const file = await AtomicFile.open(path);
    await file.write(bytes('abc'));
    expect(existsSync(path)).toBe(false);
    expect(temporaries()).toEqual([expect.stringMatching(`^\\.new\\.${process.pid}-[0-9a-f]{12}\\.tmp$`)]);
    await file.commit();
    expect(readFileSync(path, 'utf8')).toBe('abc');
    expect(temporaries()).toEqual([]);
  });

  it('keeps the old content until commit and after abort', async () => {
    const path = temporary('old');
    writeFileSync(path, 'old');
    const file = await AtomicFile.open(path);
    if (process.platform === 'linux') expect(openFiles()).not.toContain(path);
    await file.write(bytes('new'));
    expect(readFileSync(path, 'utf8')).toBe('old');
    await file.abort();
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(temporaries()).toEqual([]);
    const again = await AtomicFile.open(path);
    await again.write(bytes('new'));
    await again.commit();
    expect(readFileSync(path, 'utf8')).toBe('new');
  });

  it('keeps the order of calls that are not awaited, and where it appends after writeAt', async () => {
    const path = temporary('order');
    const file = await AtomicFile.open(path, { seek: true });
    const parts = Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + (i % 26)).repeat(1000 + i));
    const done = parts.map((part) => file.write(bytes(part)));
    done.push(file.writeAt(bytes('##'), 1), file.write(bytes('end')));
    await Promise.all([...done, file.commit()]);
    expect(readFileSync(path, 'utf8')).toBe(`A##${parts.join('').slice(3)}end`);
  });

  onPosix('keeps the mode of the file that it replaces, whatever the umask', async () => {
    const before = process.umask(0o077);
    try {
      for (const mode of [0o600, 0o664, 0o755]) {
        writeFileSync(temporary('mode'), 'x');
        chmodSync(temporary('mode'), mode);
        const file = await AtomicFile.open(temporary('mode'));
        expect(statSync(temporary(temporaries()[0]!)).mode & 0o777).toBe(mode);
        await file.commit();
        expect(statSync(temporary('mode')).mode & 0o777).toBe(mode);
      }
      const file = await AtomicFile.open(temporary('mode-of-new'));
      await file.commit();
      expect(statSync(temporary('mode-of-new')).mode & 0o777).toBe(0o600);
    } finally {
      process.umask(before);
    }
  });

  onPosix('writes through symbolic links, also to files that do not exist yet', async () => {
    mkdirSync(temporary('elsewhere'));
    writeFileSync(temporary('elsewhere/target'), 'old');
    symlinkSync('elsewhere/target', temporary('link'));
    symlinkSync('elsewhere/missing', temporary('dangling'));
    symlinkSync('dangling', temporary('dangling-twice'));
    for (const [name, target] of [
      ['link', 'elsewhere/target'],
      ['dangling-twice', 'elsewhere/missing'],
    ] as const) {
      const file = await AtomicFile.open(temporary(name));
      expect(temporaries('elsewhere')).toHaveLength(1);
      await file.write(bytes('new'));
      await file.commit();
      expect(readFileSync(temporary(target), 'utf8')).toBe('new');
      expect(lstatSync(temporary(name)).isSymbolicLink()).toBe(true);
    }
  });

  it('takes a name of 255 bytes', async () => {
    const path = temporary('€'.repeat(85));
    await (await AtomicFile.open(path)).commit();
    expect(existsSync(path)).toBe(true);
  });

  it('takes no more bytes after commit or abort', async () => {
    const committed = await AtomicFile.open(temporary('done'));
    await committed.commit();
    expect(await messageOf(FileError, () => committed.write(bytes('x')))).toContain(
      'expected an open file but received one that is committed',
    );
    await messageOf(FileError, () => committed.commit());
    await committed.abort();
    expect(await messageOf(FileError, () => committed.write(bytes('x')))).toContain('one that is committed');
    expect(existsSync(temporary('done'))).toBe(true);
    const aborted = await AtomicFile.open(temporary('given-up'));
    await aborted.abort();
    await aborted.abort();
    expect(await messageOf(FileError, () => aborted.commit())).toContain('one that is aborted');
    expect(existsSync(temporary('given-up'))).toBe(false);
  });

  it('removes the temporary file synchronously, even under a write, and closes it later', async () => {
    const file = await AtomicFile.open(temporary('signal'));
    const written = file.write(new Uint8Array(50_000_000));
    const queued = file.write(bytes('x'));
    await new Promise((resolve) => setImmediate(resolve));
    file.abortSync();
    expect(temporaries()).toEqual([]);
    await written.catch(() => {});
    expect(await messageOf(FileError, () => queued)).toContain('one that is aborted');
    await file.abort();
    expect(existsSync(temporary('signal'))).toBe(false);
    if (process.platform === 'linux') {
      expect(openFiles().filter((name) => name.includes('.signal.'))).toEqual([]);
    }
  });

  it('has closed everything when abort resolves', async () => {
    const file = await AtomicFile.open(temporary('under-way'));
    const written = file.write(new Uint8Array(50_000_000)).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    await file.abort();
    if (process.platform === 'linux') {
      expect(openFiles().filter((name) => name.includes('.under-way.'))).toEqual([]);
    }
    await written;
  });

  it('does not bring back a file that was aborted during commit', async () => {
    const file = await AtomicFile.open(temporary('late'));
    await file.write(new Uint8Array(1000));
    const committed = file.commit();
    await new Promise((resolve) => setImmediate(resolve));
    file.abortSync();
    // Whoever was first wins, but nothing is left half done.
    const failed = await committed.then(
      () => false,
      () => true,
    );
    expect(existsSync(temporary('late'))).toBe(!failed);
    expect(temporaries()).toEqual([]);
  });

  it('closes its descriptor on commit', async () => {
    const file = await AtomicFile.open(temporary('closed'));
    const before = process.platform === 'linux' ? openFiles().length : 0;
    await file.commit();
    if (process.platform === 'linux') expect(openFiles().length).toBe(before - 1);
  });

  it('aborts and reports when the rename fails', async () => {
    const path = temporary('becomes-a-directory');
    const file = await AtomicFile.open(path);
    mkdirSync(path);
    writeFileSync(`${path}/inside`, '');
    expect(await messageOf(FileError, () => file.commit())).toMatch(/received E[A-Z]+ \(/);
    expect(temporaries()).toEqual([]);
  });

  it('refuses directories, missing directories and empty paths', async () => {
    mkdirSync(temporary('directory'));
    expect(await refusal(temporary('directory'))).toBe('expected a writable file but received a directory');
    expect(await refusal(temporary('no/file'))).toBe(
      'expected a writable file but received ENOENT (no such file or directory)',
    );
    expect(await refusal(`${temporary('new-directory')}/`)).toContain('the path of a directory');
    expect(await refusal('')).toContain('an empty path');
    expect(await refusal('a\0b').catch((error: Error) => error.message)).toContain('ERR_INVALID_ARG_VALUE');
    writeFileSync(temporary('plain'), '');
    expect(await refusal(`${temporary('plain')}/below`)).toContain('ENOTDIR (not a directory)');
  });

  onPosix('refuses a loop of links', async () => {
    symlinkSync('loop-b', temporary('loop-a'));
    symlinkSync('loop-a', temporary('loop-b'));
    expect(await refusal(temporary('loop-a'))).toContain('ELOOP');
  });

  (MODES_BIND ? it : it.skip)('refuses a directory or file without write permission', async () => {
    mkdirSync(temporary('locked'));
    chmodSync(temporary('locked'), 0o555);
    mkdirSync(temporary('free'));
    chmodSync(temporary('free'), 0o777);
    writeFileSync(temporary('free/read-only'), 'kept');
    chmodSync(temporary('free/read-only'), 0o444);
    const received = 'expected a writable file but received EACCES (permission denied)';
    await asOrdinaryUser(temporary(''), async () => {
      expect(await refusal(temporary('locked/file'))).toBe(received);
      expect(await refusal(temporary('free/read-only'))).toBe(received);
    });
    expect(readdirSync(temporary('free'))).toEqual(['read-only']);
  });
});
