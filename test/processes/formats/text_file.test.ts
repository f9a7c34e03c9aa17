import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readRanges } from '../../../lib/cli/ranges.js';
import { FileError, FormatError } from '../../../lib/errors.js';
import { readTextFile } from '../../../lib/formats/text_file.js';
import { useTemporaryDirectory } from '../../unit/formats/temporary_directory.js';

const file = useTemporaryDirectory();

async function failure(path: string, options: Parameters<typeof readTextFile>[1]): Promise<unknown> {
  return readTextFile(path, options).catch((error: unknown) => error);
}

describe('readTextFile', () => {
  it('gives the text of a regular file, and of one that is as large as may be', async () => {
    writeFileSync(file('text'), 'é\n');
    expect(await readTextFile(file('text'), { most: 3 })).toBe('é\n');
    const error = await failure(file('text'), { most: 2, subject: '--keys' });
    expect(error).toBeInstanceOf(FileError);
    expect((error as Error).message).toBe('--keys: expected at most 2 bytes but received 3 bytes');
  });

  (process.platform === 'win32' ? it.skip : it)('neither waits for a pipe nor reads a device', async () => {
    execFileSync('mkfifo', [file('pipe')]);
    const pipe = await failure(file('pipe'), { most: 100 });
    expect([pipe instanceof FileError, (pipe as Error).message]).toEqual([
      true,
      `input ${file('pipe')}: expected a regular file but received a pipe`,
    ]);
    const device = await failure('/dev/zero', { most: 100, subject: '--keys' });
    expect((device as Error).message).toBe('--keys: expected a regular file but received a character device');
  });

  it('takes no memory for a file that is too large', async () => {
    writeFileSync(file('large'), '');
    truncateSync(file('large'), 2 ** 40);
    expect(((await failure(file('large'), { most: 2 ** 20 })) as Error).message).toContain('at most 1048576');
  });
});

it('ranges of another shape are refused before their numbers are read', async () => {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 137438953472), }".padEnd(118);
  writeFileSync(
    file('ranges.npy'),
    Buffer.concat([Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'), Buffer.from(header)]),
  );
  truncateSync(file('ranges.npy'), 128 + 8 * 137438953472);
  const error = await readRanges(file('ranges.npy'), 3).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FormatError);
  expect((error as Error).message).toContain('the shape (2, 3) but received (2, 137438953472)');
});
