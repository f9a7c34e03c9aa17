import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FormatError } from '../../../lib/errors.js';
import { withInputFile } from '../../../lib/formats/input_file.js';
import { messageOf } from './errors_of.js';
import { useTemporaryDirectory } from './temporary_directory.js';

const temporary = useTemporaryDirectory();

describe('withInputFile', () => {
  it('reads from an offset', async () => {
    writeFileSync(temporary('digits'), '0123456789');
    const text = await withInputFile(temporary('digits'), async (file) => {
      expect(file.size).toBe(10);
      const bytes = Buffer.alloc(4);
      await file.read(bytes, 3);
      return bytes.toString();
    });
    expect(text).toBe('3456');
  });

  it('gives a FormatError if the file has become shorter than it was', async () => {
    writeFileSync(temporary('short'), 'abc');
    const run = () => withInputFile(temporary('short'), (file) => file.read(new Uint8Array(4), 1));
    expect(await messageOf(FormatError, run)).toBe(
      `${temporary('short')}: expected 4 bytes from byte 1 on but received 2 bytes`,
    );
  });

  // The files of /proc give a few kilobytes a read, however many are asked for.
  (process.platform === 'linux' ? it : it.skip)('goes on after a short read', async () => {
    const whole = readFileSync('/proc/kallsyms').subarray(0, 100_000);
    const bytes = Buffer.alloc(whole.length);
    await withInputFile('/proc/kallsyms', (file) => file.read(bytes, 0));
    expect(bytes.equals(whole)).toBe(true);
  });
});
