import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FileError, FormatError } from '../../../lib/errors.js';
import { readSafetensorsHeader } from '../../../lib/formats/safetensors.js';
import { asOrdinaryUser, MODES_BIND } from '../../unit/formats/as_ordinary_user.js';
import { messageOf } from '../../unit/formats/errors_of.js';
import { openFiles } from '../../unit/formats/open_files.js';
import { f32, fileBytes } from '../../unit/formats/safetensors_bytes.js';
import { useTemporaryDirectory } from '../../unit/formats/temporary_directory.js';

const temporary = useTemporaryDirectory();

describe('readSafetensorsHeader', () => {
  it('reads the header of a file', async () => {
    writeFileSync(temporary('ok'), fileBytes({ w: f32(0, 2) }, 8));
    const header = await readSafetensorsHeader(temporary('ok'));
    expect(header.tensors.get('w')?.shape).toEqual([2]);
    expect(header.fileSize).toBe(header.dataBegin + 8);
    if (process.platform === 'linux') expect(openFiles()).not.toContain(temporary('ok'));
  });

  it('names the file in errors', async () => {
    writeFileSync(temporary('bad'), fileBytes('{}', 3));
    const message = await messageOf(FormatError, () => readSafetensorsHeader(temporary('bad')));
    expect(message.startsWith(`${temporary('bad')}: expected tensors that end with the file`)).toBe(true);
    if (process.platform === 'linux') expect(openFiles()).not.toContain(temporary('bad'));
  });

  it.each([0, 7])('refuses a file of %d bytes', async (length) => {
    writeFileSync(temporary('short'), new Uint8Array(length));
    expect(await messageOf(FormatError, () => readSafetensorsHeader(temporary('short')))).toBe(
      `${temporary('short')}: expected a file of at least 8 bytes but received ${length} bytes`,
    );
  });

  it.each([
    [100_000_001n, 'at most 100000000 bytes (the limit of the format) but received 100000001'],
    [2n ** 40n, '(the limit of the format)'],
    [2n ** 64n - 1n, 'but received 18446744073709551615'],
    [2n ** 64n - 8n, 'but received 18446744073709551608'],
  ])('refuses a sparse file of 1 TiB that claims a header of %d bytes', async (length, part) => {
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(length);
    writeFileSync(temporary('sparse'), prefix);
    truncateSync(temporary('sparse'), 2 ** 40);
    const before = process.memoryUsage().arrayBuffers;
    expect(await messageOf(FormatError, () => readSafetensorsHeader(temporary('sparse')))).toContain(part);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('refuses a header that passes the end of the file', async () => {
    const bytes = fileBytes('{}', 0);
    bytes[0] = 3;
    writeFileSync(temporary('long'), bytes);
    expect(await messageOf(FormatError, () => readSafetensorsHeader(temporary('long')))).toContain(
      'header length: expected at most 2 bytes (what the file holds) but received 3',
    );
  });

  it('gives a FileError for a missing file, a directory and a pipe', async () => {
    expect(await messageOf(FileError, () => readSafetensorsHeader(temporary('none')))).toBe(
      `input ${temporary('none')}: expected a readable file but received ENOENT (no such file or directory)`,
    );
    expect(await messageOf(FileError, () => readSafetensorsHeader(temporary('')))).toBe(
      `input ${temporary('')}: expected a regular file but received a directory`,
    );
    if (process.platform !== 'win32') {
      execFileSync('mkfifo', [temporary('pipe')]);
      expect(await messageOf(FileError, () => readSafetensorsHeader(temporary('pipe')))).toContain(
        'expected a regular file but received a pipe',
      );
    }
  });

  (MODES_BIND ? it : it.skip)('gives a FileError for a file without read permission', async () => {
    writeFileSync(temporary('secret'), fileBytes('{}', 0), { mode: 0o000 });
    const message = await asOrdinaryUser(temporary(''), () =>
      messageOf(FileError, () => readSafetensorsHeader(temporary('secret'))),
    );
    expect(message).toContain('expected a readable file but received EACCES (permission denied)');
  });
});
