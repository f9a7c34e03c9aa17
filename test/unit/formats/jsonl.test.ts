import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArgumentError, FileError, FormatError, ShapeError } from '../../../lib/errors.js';
import { formatJsonLines, JsonlFormat } from '../../../lib/formats/jsonl.js';
import { RowWriter } from '../../../lib/formats/row_writer.js';
import { messageOf } from './errors_of.js';
import { useTemporaryDirectory } from './temporary_directory.js';

const temporary = useTemporaryDirectory();

const openJsonl = async (path: string, columns: number, id?: 'string') =>
  RowWriter.open(path, new JsonlFormat({ columns, type: 'float32', id }, `output ${path}`));

describe('formatJsonLines', () => {
  it('yields whole lines in pieces of bounded length', () => {
    const rows = new Float32Array(3 * 100_000).fill(-1.2345678e-5);
    const pieces = [...formatJsonLines(rows, 3, 1, 'x')];
    expect(pieces.length).toBeGreaterThan(3);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThan(2_000_000);
      expect([...piece.subarray(-2)]).toEqual([...Buffer.from(']\n')]);
    }
    expect(Buffer.concat(pieces).toString()).toBe(
      '[-0.000012345678,-0.000012345678,-0.000012345678]\n'.repeat(100_000),
    );
  });

  it('has room for the longest decimals', () => {
    const rows = new Float32Array(6).fill(-(2 ** 69));
    const text = Buffer.concat([...formatJsonLines(rows, 1, 1, 'x')]).toString();
    expect(text).toBe('[-590295800000000000000]\n'.repeat(6));
  });

  it('takes rows longer than a piece', () => {
    const pieces = [...formatJsonLines(new Float32Array(2 * 70_000), 70_000, 1, 'x')];
    expect(pieces.map((piece) => JSON.parse(Buffer.from(piece).toString()).length)).toEqual([70_000, 70_000]);
  });
});

describe('JsonlFormat', () => {
  it('writes one array a line', async () => {
    const writer = await openJsonl(temporary('a.jsonl'), 2);
    await writer.write(Float32Array.from([0.1, -2, 1e-7, 3]));
    await writer.write(Float32Array.from([]));
    await writer.write(Float32Array.from([5, -0]));
    expect(existsSync(temporary('a.jsonl'))).toBe(false);
    expect(await writer.close()).toEqual({ rows: 3 });
    expect(readFileSync(temporary('a.jsonl'), 'utf8')).toBe('[0.1,-2]\n[1e-7,3]\n[5,-0]\n');
  });

  it('writes objects where there are ids', async () => {
    const writer = await openJsonl(temporary('ids.jsonl'), 2, 'string');
    await writer.write(Float32Array.from([0.5, 1, 2, 3, 4, 5]), ['a "b"\n\u2028é', 12, 2n ** 63n]);
    await writer.close();
    expect(readFileSync(temporary('ids.jsonl'), 'utf8')).toBe(
      `{"id":${JSON.stringify('a "b"\n\u2028é')},"embedding":[0.5,1]}\n` +
        '{"id":12,"embedding":[2,3]}\n{"id":9223372036854775808,"embedding":[4,5]}\n',
    );
  });

  it('refuses more or fewer ids than rows', async () => {
    const writer = await openJsonl(temporary('ids.jsonl'), 2, 'string');
    await messageOf(ShapeError, () => writer.write(new Float32Array(4), ['a']));
    await messageOf(ShapeError, () => writer.write(new Float32Array(4)));
    await writer.abort();
    const plain = await openJsonl(temporary('ids.jsonl'), 2);
    await messageOf(ShapeError, () => plain.write(new Float32Array(2), ['a']));
    await plain.abort();
  });

  it('gives back every float32, in the order of calls that are not awaited', async () => {
    const path = temporary('round-trip.jsonl');
    const arrays = fc.array(
      fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 3, maxLength: 3 }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(arrays, async (list) => {
        const writer = await openJsonl(path, 3);
        await Promise.all([...list.map((rows) => writer.write(rows)), writer.close()]);
        const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
        expect(lines.map((line) => (JSON.parse(line) as number[]).map(Math.fround))).toEqual(
          list.map((rows) => [...rows]),
        );
      }),
    );
  });

  it('keeps the pieces of large writes together', async () => {
    const writer = await openJsonl(temporary('large.jsonl'), 1);
    const lists = [1, 2].map((value) => new Float32Array(200_000).fill(value));
    await Promise.all([...lists.map((rows) => writer.write(rows)), writer.close()]);
    expect(readFileSync(temporary('large.jsonl'), 'utf8')).toBe(
      '[1]\n'.repeat(200_000) + '[2]\n'.repeat(200_000),
    );
  });

  it.each([NaN, Infinity, -Infinity])('refuses %d and completes no file after it', async (value) => {
    const before = readdirSync(temporary(''));
    const path = temporary('bad.jsonl');
    const writer = await openJsonl(path, 2);
    await writer.write(new Float32Array(4));
    const message = await messageOf(FormatError, () => writer.write(Float32Array.from([0, 0, 0, value])));
    expect(message).toBe(`output ${path}, line 4, column 2: expected a finite number but received ${value}`);
    expect(await messageOf(FormatError, () => writer.write(new Float32Array(2)))).toBe(message);
    expect(await messageOf(FormatError, () => writer.close())).toBe(message);
    expect(readdirSync(temporary(''))).toEqual(before);
  });

  it('refuses part of a row, other arrays and other columns', async () => {
    const writer = await openJsonl(temporary('part.jsonl'), 3);
    await messageOf(ShapeError, () => writer.write(new Float32Array(4)));
    await messageOf(ArgumentError, () => writer.write([1, 2, 3] as unknown as Float32Array));
    expect(await writer.close()).toEqual({ rows: 0 });
    expect(readFileSync(temporary('part.jsonl'), 'utf8')).toBe('');
    await messageOf(ArgumentError, () => openJsonl(temporary('part.jsonl'), 0));
  });

  it('leaves nothing behind after abort and abortSync', async () => {
    const before = readdirSync(temporary(''));
    for (const how of ['abort', 'abortSync'] as const) {
      const writer = await openJsonl(temporary('aborted.jsonl'), 1);
      await writer.write(new Float32Array(10));
      expect(readdirSync(temporary(''))).toHaveLength(before.length + 1);
      const done = writer[how]();
      if (how === 'abortSync') expect(readdirSync(temporary(''))).toEqual(before);
      await done;
      expect(readdirSync(temporary(''))).toEqual(before);
      await messageOf(FileError, () => writer.close());
    }
  });
});
