import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArgumentError, FileError, FormatError, ShapeError } from '../../../lib/errors.js';
import { NpyFormat, npyHeader, readNpy } from '../../../lib/formats/npy.js';
import { RowWriter } from '../../../lib/formats/row_writer.js';
import { asOrdinaryUser } from '../../unit/formats/as_ordinary_user.js';
import { messageOf, ONE_SENTENCE } from '../../unit/formats/errors_of.js';
import { useTemporaryDirectory } from '../../unit/formats/temporary_directory.js';

const temporary = useTemporaryDirectory();

const openNpy = async (path: string, columns: number) =>
  RowWriter.open(path, new NpyFormat({ columns, type: 'float32' }));

/** A whole .npy file, built without the code under test. */
function npyBytes(dictionary: string, dataLength: number, version = [1, 0]): Buffer {
  const head = Buffer.from(dictionary, 'latin1');
  const prefix = Buffer.from([
    0x93,
    ...Buffer.from('NUMPY'),
    ...version,
    head.length & 255,
    head.length >> 8,
  ]);
  return Buffer.concat([prefix, head, Buffer.alloc(dataLength)]);
}

async function refusal(content: Uint8Array): Promise<string> {
  writeFileSync(temporary('bad.npy'), content);
  const message = await messageOf(FormatError, () => readNpy(temporary('bad.npy')));
  expect(message).toMatch(ONE_SENTENCE);
  expect(message.startsWith(temporary('bad.npy'))).toBe(true);
  return message;
}

const dictionary = (shape: string, descr = '<f4', order = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('npyHeader', () => {
  it('is what NumPy writes, padded to a multiple of 64', () => {
    const header = Buffer.from(npyHeader(3, 384));
    expect(header.length).toBe(128);
    expect([...header.subarray(0, 10)]).toEqual([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    const text = header.subarray(10).toString('latin1');
    expect(text.trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }");
    expect(text).toMatch(/\} *\n$/);
  });

  it('has the same length for every number of rows, with room for 20 digits', () => {
    for (let columns = 1; columns < Number.MAX_SAFE_INTEGER; columns *= 9) {
      const length = npyHeader(0, columns).length;
      expect(length % 64).toBe(0);
      expect(npyHeader(Number.MAX_SAFE_INTEGER, columns).length).toBe(length);
      const text = Buffer.from(npyHeader(0, columns)).toString('latin1').trimEnd();
      expect(text.length - 1 + 20 + 1).toBeLessThanOrEqual(length);
    }
  });

  it.each([
    [-1, 1],
    [0.5, 1],
    [NaN, 1],
    [2 ** 53, 1],
    [1, 0],
    [1, 1.5],
    [1, -1],
  ])('refuses the shape (%d, %d)', async (rows, columns) => {
    await messageOf(ArgumentError, () => npyHeader(rows, columns));
  });
});

describe('NpyFormat', () => {
  it('writes what readNpy reads, in any batches', async () => {
    const path = temporary('round-trip.npy');
    const batches = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(4), { maxLength: 5 }))
      .chain(([columns, counts]) =>
        fc.tuple(
          fc.constant(columns),
          fc.tuple(...counts.map((n) => fc.float32Array({ minLength: n * columns, maxLength: n * columns }))),
        ),
      );
    await fc.assert(
      fc.asyncProperty(batches, fc.boolean(), async ([columns, arrays], awaited) => {
        const writer = await openNpy(path, columns);
        const pending = [];
        for (const rows of arrays) {
          pending.push(writer.write(rows));
          if (awaited) await pending.at(-1);
        }
        const rows = arrays.reduce((sum, a) => sum + a.length, 0) / columns;
        expect(await writer.close()).toEqual({ rows });
        await Promise.all(pending);
        const { shape, data } = await readNpy(path);
        expect(shape).toEqual([rows, columns]);
        expect([...data]).toEqual(arrays.flatMap((a) => [...a]));
        expect(readFileSync(path).length).toBe(npyHeader(rows, columns).length + 4 * rows * columns);
      }),
    );
  });

  it('takes a view into a larger array', async () => {
    const writer = await openNpy(temporary('view.npy'), 2);
    await writer.write(Float32Array.from([9, 1, 2, 9]).subarray(1, 3));
    await writer.close();
    expect([...(await readNpy(temporary('view.npy'))).data]).toEqual([1, 2]);
  });

  it('refuses part of a row, and other arrays, without harm to the file', async () => {
    const writer = await openNpy(temporary('part.npy'), 3);
    expect(await messageOf(ShapeError, () => writer.write(new Float32Array(4)))).toBe(
      `output ${temporary('part.npy')}, rows: expected a multiple of 3 numbers but received 4`,
    );
    await messageOf(ArgumentError, () => writer.write(new Float64Array(3) as unknown as Float32Array));
    await writer.write(new Float32Array(3));
    expect(await writer.close()).toEqual({ rows: 1 });
    expect((await readNpy(temporary('part.npy'))).shape).toEqual([1, 3]);
  });

  it.each([0, -1, 1.5, NaN])('refuses %d columns', async (columns) => {
    await messageOf(ArgumentError, () => openNpy(temporary('columns.npy'), columns));
    expect(existsSync(temporary('columns.npy'))).toBe(false);
  });

  it('leaves nothing behind after abort and abortSync', async () => {
    const before = readdirSync(temporary(''));
    for (const how of ['abort', 'abortSync'] as const) {
      const writer = await openNpy(temporary('aborted.npy'), 1);
      await writer.write(new Float32Array(10));
      expect(readdirSync(temporary(''))).toHaveLength(before.length + 1);
      const done = writer[how]();
      if (how === 'abortSync') expect(readdirSync(temporary(''))).toEqual(before);
      await done;
      expect(readdirSync(temporary(''))).toEqual(before);
      await messageOf(FileError, () => writer.close());
    }
    expect(existsSync(temporary('aborted.npy'))).toBe(false);
  });

  it('closes and removes the file if a write has failed', async () => {
    if (process.platform !== 'linux') return;
    await asOrdinaryUser(temporary(''), async () => {
      const writer = await openNpy('/dev/full', 1);
      expect(await messageOf(FileError, () => writer.write(new Float32Array(1)))).toContain('ENOSPC');
      expect(await messageOf(FileError, () => writer.close())).toContain('ENOSPC');
    });
  });

  (process.platform === 'win32' ? it.skip : it)('writes into /dev/null, and refuses a pipe', async () => {
    await asOrdinaryUser(temporary(''), async () => {
      const writer = await openNpy('/dev/null', 1);
      await writer.write(new Float32Array(5));
      expect(await writer.close()).toEqual({ rows: 5 });
    });
    execFileSync('mkfifo', [temporary('pipe.npy')]);
    expect(await messageOf(FileError, () => openNpy(temporary('pipe.npy'), 1))).toContain(
      'expected a regular file, since bytes at its start are written last, but received a pipe',
    );
  });
});

describe('readNpy', () => {
  it.each([
    ['()', []],
    ['(3,)', [3]],
    ['( 3 , )', [3]],
    ['(1, 3)', [1, 3]],
    ['(1,3,)', [1, 3]],
    ['(3L, 1L)', [3, 1]],
    ['(1, 3, 1)', [1, 3, 1]],
    ['(0, 7)', [0, 7]],
  ])('reads the shape %s', async (text, shape) => {
    const length = shape.reduce((a, b) => a * b, 1);
    const content = npyBytes(dictionary(text), 4 * length);
    for (let i = 0; i < length; i++) content.writeFloatLE(i, content.length - 4 * (i + 1));
    writeFileSync(temporary('shape.npy'), content);
    const read = await readNpy(temporary('shape.npy'));
    expect(read.shape).toEqual(shape);
    expect([...read.data]).toEqual(Array.from({ length }, (_, i) => length - 1 - i));
  });

  it.each([
    `{"shape":(1,),"fortran_order":False,"descr":"<f4"}`,
    ` \t{ 'shape' : ( 1 , ) ,\n'descr':'<f4' , 'fortran_order' :False , } \n`,
  ])('reads other spellings of the dictionary: %j', async (text) => {
    writeFileSync(temporary('spelling.npy'), npyBytes(text, 4));
    expect((await readNpy(temporary('spelling.npy'))).shape).toEqual([1]);
  });

  it.each([
    ['(2)', 'a shape with a comma'],
    ['(-1,)', 'a key with'],
    ['(1.0,)', 'a key with'],
    ['(01,)', 'a key with'],
    ['(,)', 'a key with'],
    ['[1]', 'a key with'],
    ["'x'", 'shape (tuple)'],
    ['True', 'shape (tuple)'],
    ['(100000000000000000,)', 'a key with'],
  ])('refuses the shape %s', async (shape, part) => {
    expect(await refusal(npyBytes(dictionary(shape), 4))).toContain(part);
  });

  it.each([
    ['', 'a dictionary in braces'],
    ['[]', 'a dictionary in braces'],
    ['{}', 'descr (string)'],
    [`{'descr': '<f4', 'shape': (1,)}`, 'descr (string)'],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': True}`, 'descr (string)'],
    [`{'descr': True, 'fortran_order': False, 'shape': (1,)}`, 'descr (string)'],
    [`{'descr': '<f4', 'fortran_order': (1,), 'shape': (1,)}`, 'descr (string)'],
    [`{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}`, 'once'],
    [`{'descr': '<f4", 'fortran_order': False, 'shape': (1,)}`, 'a key with'],
    [`{'descr': '<f4', 'fortran_order': false, 'shape': (1,)}`, 'a key with'],
    [`{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}`, 'a key with'],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (1,)`, 'a key with'],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x`, 'a key with'],
    [`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`, 'a key with'],
  ])('refuses the dictionary %s', async (text, part) => {
    expect(await refusal(npyBytes(text, 4))).toContain(part);
  });

  it.each(['<f8', '>f4', '|f4', '=f4', 'f4', '<i4'])('refuses data of type %s', async (descr) => {
    expect(await refusal(npyBytes(dictionary('(1,)', descr), 4))).toContain(
      `descr: expected '<f4' but received '${descr}'`,
    );
  });

  it('refuses Fortran order', async () => {
    expect(await refusal(npyBytes(dictionary('(1,)', '<f4', 'True'), 4))).toContain('expected C order');
  });

  it.each([
    [[2, 0], 'the first bytes of npy version 1.0'],
    [[1, 1], 'the first bytes of npy version 1.0'],
  ])('refuses version %j', async (version, part) => {
    expect(await refusal(npyBytes(dictionary('(1,)'), 4, version))).toContain(part);
  });

  it('refuses other files, short ones and headers beyond the end', async () => {
    expect(await refusal(new Uint8Array(100))).toContain('the first bytes of npy');
    expect(await refusal(npyBytes('', 0).slice(0, 9))).toContain('at least 10 bytes but received 9 bytes');
    const long = npyBytes(dictionary('(1,)'), 0);
    long[8]! += 1;
    expect(await refusal(long)).toContain('npy header length: expected at most');
  });

  it.each([
    ['(1,)', 3],
    ['(1,)', 5],
    ['()', 0],
    ['(0,)', 4],
    ['(4294967296, 4294967296)', 0],
    ['(9007199254740991, 9007199254740991, 0)', 0],
    ['(4503599627370496,)', 0],
    ['(9007199254740992, 0)', 0],
  ])('refuses the shape %s with %d bytes of data', async (shape, length) => {
    expect(await refusal(npyBytes(dictionary(shape), length))).toContain('a shape that fills');
  });

  it('refuses a file that is too large for memory with a FileError', async () => {
    const length = 2 ** 41;
    const content = npyBytes(dictionary(`(${length},)`), 0);
    writeFileSync(temporary('huge.npy'), content);
    truncateSync(temporary('huge.npy'), content.length + 4 * length);
    expect(await messageOf(FileError, () => readNpy(temporary('huge.npy')))).toContain('fits into memory');
  });

  it('gives a FileError for a missing file', async () => {
    expect(await messageOf(FileError, () => readNpy(temporary('none.npy')))).toContain('ENOENT');
  });
});
