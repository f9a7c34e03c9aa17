import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArgumentError, FileError, ShapeError } from '../../../lib/errors.js';
import {
  decodeFloat32,
  type Float32TensorToWrite,
  readSafetensorsHeader,
  writeSafetensors,
} from '../../../lib/formats/safetensors.js';
import { streamSafetensors } from '../../../lib/formats/safetensors_writer.js';
import { asOrdinaryUser } from './as_ordinary_user.js';
import { messageOf } from './errors_of.js';
import { useTemporaryDirectory } from './temporary_directory.js';

const temporary = useTemporaryDirectory();

const tensor = (name: string, shape: number[], data: ArrayLike<number>): Float32TensorToWrite => ({
  name,
  dtype: 'F32',
  shape,
  data: Float32Array.from(data),
});

describe('writeSafetensors', () => {
  it('writes the bytes of the format', async () => {
    const path = temporary('bytes');
    await writeSafetensors(path, [tensor('a', [1, 2], [1, -2])], { format: 'pt' });
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE(0));
    const text = bytes.subarray(8, 8 + length).toString();
    expect(length % 8).toBe(0);
    expect(text.trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}',
    );
    expect(text.slice(text.trimEnd().length)).toMatch(/^ {0,7}$/);
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 0, 0, 0, 192]);
  });

  it('gives back what was written', async () => {
    const path = temporary('round-trip');
    const names = fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => name !== '__metadata__');
    const shapes = fc.array(fc.nat(3), { maxLength: 3 });
    const tensors = fc.uniqueArray(
      fc.tuple(
        fc.oneof(names, fc.constantFrom('__proto__', 'constructor')),
        shapes,
        fc.float32Array({ minLength: 27, maxLength: 27 }),
      ),
      { selector: ([name]) => name, maxLength: 5 },
    );
    await fc.assert(
      fc.asyncProperty(tensors, fc.dictionary(fc.string(), fc.string()), async (list, metadata) => {
        const written = list.map(([name, shape, values]) =>
          tensor(
            name,
            shape,
            values.subarray(
              0,
              shape.reduce((a, b) => a * b, 1),
            ),
          ),
        );
        await writeSafetensors(path, new Set(written), metadata);
        const header = await readSafetensorsHeader(path);
        const bytes = readFileSync(path);
        expect(Object.entries(header.metadata)).toEqual(Object.entries(metadata));
        expect(header.dataBegin % 8).toBe(0);
        expect([...header.tensors.keys()]).toEqual(written.map(({ name }) => name));
        for (const { name, shape, data } of written) {
          const entry = header.tensors.get(name)!;
          expect(entry.shape).toEqual(shape);
          expect([...decodeFloat32(entry, bytes.subarray(entry.begin, entry.end))]).toEqual([...data]);
        }
      }),
    );
  });

  it('takes a view into a larger buffer', async () => {
    const data = Float32Array.from([9, 1, 2, 9]).subarray(1, 3);
    await writeSafetensors(temporary('view'), [{ name: 'a', dtype: 'F32', shape: [2], data }]);
    expect([...readFileSync(temporary('view')).subarray(-8)]).toEqual([0, 0, 128, 63, 0, 0, 0, 64]);
  });

  it.each([
    ['a shape that does not fit', ShapeError, tensor('a', [3], [1, 2])],
    ['a negative size', ShapeError, tensor('a', [-1, -2], [1, 2])],
    ['a fraction', ShapeError, tensor('a', [0.5, 4], [1, 2])],
    ['the reserved name', ArgumentError, tensor('__metadata__', [1], [1])],
    ['a name that is no string', ArgumentError, { ...tensor('a', [1], [1]), name: 1 as unknown as string }],
    ['another dtype', ArgumentError, { ...tensor('a', [1], [1]), dtype: 'F16' as unknown as 'F32' }],
    [
      'data that is no Float32Array',
      ArgumentError,
      { ...tensor('a', [1], [1]), data: [1] as unknown as Float32Array },
    ],
  ])('refuses %s and leaves the file alone', async (_, type, bad) => {
    const path = temporary('kept');
    writeFileSync(path, 'before');
    await messageOf(type, () => writeSafetensors(path, [bad]));
    expect(readFileSync(path, 'utf8')).toBe('before');
  });

  it('refuses a name given twice and metadata other than strings', async () => {
    const twice = [tensor('a', [1], [1]), tensor('a', [1], [1])];
    expect(await messageOf(ArgumentError, () => writeSafetensors(temporary('x'), twice))).toContain('twice');
    const metadata = { k: 1 } as unknown as Record<string, string>;
    expect(await messageOf(ArgumentError, () => writeSafetensors(temporary('x'), [], metadata))).toBe(
      'metadata "k": expected a string but received 1',
    );
  });

  it('refuses a header above the limit of the format', async () => {
    const metadata = { k: 'x'.repeat(100_000_000) };
    const run = () => writeSafetensors(temporary('x'), [], metadata);
    expect(await messageOf(ArgumentError, run)).toContain('at most 100000000 bytes');
  });

  (process.platform === 'linux' ? it : it.skip)('leaves nothing behind when the device is full', async () => {
    expect(
      await asOrdinaryUser(temporary(''), () =>
        messageOf(FileError, () => writeSafetensors('/dev/full', [])),
      ),
    ).toBe('output /dev/full: expected a writable file but received ENOSPC (no space left on device)');
  });

  it('leaves nothing behind when a write fails', async () => {
    const before = readdirSync(temporary(''));
    const list = [tensor('a', [2], [1, 2])];
    const written = writeSafetensors(temporary('detached'), list);
    // A transferred array has lost its bytes by the time they are to be written.
    structuredClone(list[0]!.data.buffer, { transfer: [list[0]!.data.buffer as ArrayBuffer] });
    await expect(written).rejects.toThrow('detached');
    expect(readdirSync(temporary(''))).toEqual(before);
  });
});

describe('streamSafetensors', () => {
  const codes = (bytes: () => Uint8Array | Promise<Uint8Array>) => [
    { name: 'a', dtype: 'I8' as const, shape: [2, 2], bytes },
    { name: 'b', dtype: 'F32' as const, shape: [1], bytes: () => new Uint8Array(4) },
  ];

  it('asks for the bytes of a tensor when their turn comes', async () => {
    const path = temporary('stream');
    await streamSafetensors(
      path,
      codes(async () => Uint8Array.of(1, 2, 255, 4)),
    );
    const { tensors, fileSize } = await readSafetensorsHeader(path);
    const { dtype, shape, begin, end } = tensors.get('a')!;
    expect([dtype, shape, end, fileSize]).toEqual(['I8', [2, 2], tensors.get('b')!.begin, end + 4]);
    expect([...readFileSync(path).subarray(begin, end)]).toEqual([1, 2, 255, 4]);
  });

  it('refuses another number of bytes than the shape says, and leaves nothing behind', async () => {
    const before = readdirSync(temporary(''));
    const run = () =>
      streamSafetensors(
        temporary('short'),
        codes(() => new Uint8Array(3)),
      );
    expect(await messageOf(ShapeError, run)).toBe('tensor "a": expected 4 bytes but received 3');
    expect(readdirSync(temporary(''))).toEqual(before);
  });
});
