/** Temporary files of killed processes go; those that a process writes stay. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { removeAbandoned } from '../../../lib/formats/abandoned_files.js';
import { AtomicFile } from '../../../lib/formats/atomic_file.js';
import { writeWhole } from '../../../lib/formats/write_whole.js';
import { holdLock, kill } from '../../support/lock_holder.js';
import { useTemporaryDirectory } from '../../unit/formats/temporary_directory.js';

const temporary = useTemporaryDirectory();
const hidden = () => readdirSync(temporary('')).filter((name) => name.startsWith('.'));

it('removes what nobody writes when the output is opened again', async () => {
  for (const pid of [1, process.pid, 4_000_000_000])
    writeFileSync(temporary(`.out.npy.${pid}-0123456789ab.tmp`), 'x');
  await writeWhole(temporary('out.npy'), [new Uint8Array(3)]);
  expect(readdirSync(temporary(''))).toEqual(['out.npy']);
});

it('leaves the files of live writers, of this process and of others', async () => {
  const mine = await AtomicFile.open(temporary('out.npy'));
  const [name] = hidden();
  const holder = await holdLock(temporary('.out.npy.77-0123456789ab.tmp'));
  await removeAbandoned(temporary('out.npy'));
  expect(hidden().sort()).toEqual([name, '.out.npy.77-0123456789ab.tmp'].sort());
  await kill(holder);
  const second = await AtomicFile.open(temporary('out.npy'));
  expect(hidden()).toHaveLength(2);
  expect(hidden()).toContain(name);
  await second.write(new Uint8Array(2));
  await second.commit();
  await mine.commit();
  expect(hidden()).toEqual([]);
  expect(readFileSync(temporary('out.npy'))).toHaveLength(0);
});

it('leaves every other file', async () => {
  const kept = [
    '.out.npy.1-0123456789ab.tm',
    '.out.npy.1-0123456789ab.tmp.tmp',
    '.out.npy.1-0123456789AB.tmp',
    '.out.npy.x-0123456789ab.tmp',
    '.out.npy.journal.1-0123456789ab.tmp',
    '.out.1-0123456789ab.tmp',
    'out.npy.1-0123456789ab.tmp',
    '.out.npy.tmp',
  ];
  for (const name of kept) writeFileSync(temporary(name), 'kept');
  mkdirSync(temporary('.out.npy.2-0123456789ab.tmp'));
  symlinkSync(kept[0]!, temporary('.out.npy.3-0123456789ab.tmp'));
  if (process.platform !== 'win32') execFileSync('mkfifo', [temporary('.out.npy.4-0123456789ab.tmp')]);
  const before = readdirSync(temporary('')).sort();
  await removeAbandoned(temporary('out.npy'));
  expect(readdirSync(temporary('')).sort()).toEqual(before);
});

it('does without a directory that cannot be listed', async () => {
  await expect(removeAbandoned(temporary('nowhere/out.npy'))).resolves.toBeUndefined();
});
