/** The native call behind every lock. */
import { closeSync, openSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { FileLock } from '../../../lib/native/codes.js';
import { addon } from '../../../lib/native/load.js';
import { holdLock, kill } from '../../support/lock_holder.js';
import { useTemporaryDirectory } from '../formats/temporary_directory.js';

const temporary = useTemporaryDirectory();

it('has one holder among open files, until that is closed', () => {
  const path = temporary('one');
  const first = openSync(path, 'w');
  const second = openSync(path, 'r+');
  expect(addon().lockFile({ fd: first })).toBe(FileLock.locked);
  expect(addon().lockFile({ fd: first })).toBe(FileLock.locked);
  expect(addon().lockFile({ fd: second })).toBe(FileLock.busy);
  closeSync(first);
  expect(addon().lockFile({ fd: second })).toBe(FileLock.locked);
  closeSync(second);
});

it('is released when its process is killed', async () => {
  const path = temporary('other');
  const holder = await holdLock(path);
  const fd = openSync(path, 'r+');
  expect(addon().lockFile({ fd })).toBe(FileLock.busy);
  await kill(holder);
  expect(addon().lockFile({ fd })).toBe(FileLock.locked);
  closeSync(fd);
});

it.each([
  [{ fd: -1 }],
  [{ fd: 1.5 }],
  [{ fd: 2 ** 31 }],
  [{ fd: Number.NaN }],
  [{ fd: '3' }],
  [{}],
  [undefined],
])('refuses %o', (options) => {
  let code: unknown;
  try {
    addon().lockFile(options as never);
  } catch (error) {
    code = (error as { code?: string }).code;
  }
  expect(code).toBe('ERR_NATIVE');
});

it('refuses a descriptor that is not open', () => {
  const fd = openSync(temporary('closed'), 'w');
  closeSync(fd);
  expect(() => addon().lockFile({ fd })).toThrow(/fd: expected an open file that can be locked/);
});
