import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FormatError } from '../../../lib/errors.js';
import { float16BitsToFloat32Bits } from '../../../lib/formats/decode_float32.js';
import { decodeFloat32, type SafetensorsStoredDtype } from '../../../lib/formats/safetensors.js';
import { messageOf } from './errors_of.js';

/** Decodes `bytes`, placed at an odd offset of a larger buffer. */
function decode(dtype: SafetensorsStoredDtype, bytes: Uint8Array, claimed = bytes.byteLength): Float32Array {
  const holder = new Uint8Array(bytes.byteLength + 9).fill(0xaa);
  holder.set(bytes, 3);
  const entry = { name: 'w', dtype, shape: [], begin: 100, end: 100 + claimed };
  return decodeFloat32(entry, holder.subarray(3, 3 + bytes.byteLength));
}

const bitsOf = (numbers: Float32Array) => [...new Uint32Array(numbers.buffer)];
const u16 = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
const u32 = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);

/** The value of a binary16 by its definition, in float64 arithmetic. */
function halfByDefinition(bits: number): number {
  const sign = bits >= 32768 ? -1 : 1;
  const exponent = Math.floor(bits / 1024) % 32;
  const fraction = bits % 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('decodeFloat32', () => {
  it('converts every F16 exactly', () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const decoded = decode('F16', new Uint8Array(all.buffer));
    expect(decoded.length).toBe(65_536);
    const wrong = [...all].filter((bits) => !Object.is(decoded[bits], halfByDefinition(bits)));
    expect(wrong).toEqual([]);
  });

  it('keeps the sign and payload of the NaNs of F16', () => {
    expect(float16BitsToFloat32Bits(0x7c01) >>> 0).toBe(0x7f802000);
    expect(float16BitsToFloat32Bits(0xfe55) >>> 0).toBe(0xffcaa000);
  });

  it('converts BF16 by its upper half, with infinities, NaN and subnormals', () => {
    const bits = [0x3f80, 0xc2f7, 0x7f80, 0xff80, 0x7f81, 0x0001, 0x8000];
    expect(bitsOf(decode('BF16', u16(...bits)))).toEqual(bits.map((b) => b * 65_536));
  });

  it('takes F32 bit by bit, with signalling NaNs', () => {
    const bits = [0x3f800000, 0x7f800001, 0xffc12345, 0x00000001, 0x80000000];
    expect(bitsOf(decode('F32', u32(...bits)))).toEqual(bits);
  });

  it('rounds F64 to nearest', () => {
    fc.assert(
      fc.property(fc.array(fc.double()), (values) => {
        const decoded = decode('F64', new Uint8Array(Float64Array.from(values).buffer));
        expect([...decoded]).toEqual(values.map(Math.fround));
      }),
    );
  });

  it('returns memory of its own', () => {
    const bytes = new Uint8Array(8);
    const out = decodeFloat32({ name: 'w', dtype: 'F32', shape: [2], begin: 0, end: 8 }, bytes);
    bytes.fill(1);
    expect([...out]).toEqual([0, 0]);
  });

  it.each(['I64', 'I32', 'U8', 'BOOL', 'F8_E4M3', 'C64'] as const)('refuses %s', async (dtype) => {
    expect(await messageOf(FormatError, () => decode(dtype, new Uint8Array(8)))).toBe(
      `tensor "w": expected dtype F32, F16, BF16 or F64 but received ${dtype}`,
    );
  });

  it('refuses bytes of another length than the entry has', async () => {
    expect(await messageOf(FormatError, () => decode('F32', new Uint8Array(4), 8))).toBe(
      'tensor "w": expected 8 bytes of data but received 4',
    );
  });
});
