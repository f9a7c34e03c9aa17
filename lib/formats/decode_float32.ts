/** Conversion of stored floating-point data to float32. */

import { expectation, FormatError } from '../errors.js';
import { quoteName } from './quote_name.js';
import type { SafetensorsEntry } from './safetensors_layout.js';

/**
 * Converts the data of a tensor of dtype F32, F16, BF16 or F64.
 * F32, F16 and BF16 are converted exactly, with the payloads of NaNs; F64 is rounded to nearest, ties to even.
 * @param bytes the `end - begin` little-endian bytes of the tensor, at any alignment
 * @returns a new array of as many elements as the shape has
 * @throws FormatError if the dtype is another one or the length of `bytes` is wrong
 */
export function decodeFloat32(entry: SafetensorsEntry, bytes: Uint8Array): Float32Array {
  const { name, dtype, begin, end } = entry;
  if (bytes.byteLength !== end - begin) {
    throw new FormatError(
      expectation(`tensor ${quoteName(name)}`, `${end - begin} bytes of data`, String(bytes.byteLength)),
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (dtype) {
    case 'F32':
      // Through integers, because a float32 that passes through a float64 loses the signalling bit of a NaN.
      return fromBits(bytes.byteLength / 4, (i) => view.getUint32(4 * i, true));
    case 'F16':
      return fromBits(bytes.byteLength / 2, (i) => float16BitsToFloat32Bits(view.getUint16(2 * i, true)));
    case 'BF16':
      return fromBits(bytes.byteLength / 2, (i) => view.getUint16(2 * i, true) << 16);
    case 'F64': {
      const out = new Float32Array(bytes.byteLength / 8);
      for (let i = 0; i < out.length; i++) out[i] = view.getFloat64(8 * i, true);
      return out;
    }
    default:
      throw new FormatError(expectation(`tensor ${quoteName(name)}`, 'dtype F32, F16, BF16 or F64', dtype));
  }
}

function fromBits(length: number, bitsAt: (index: number) => number): Float32Array {
  const bits = new Uint32Array(length);
  for (let i = 0; i < length; i++) bits[i] = bitsAt(i);
  return new Float32Array(bits.buffer);
}

/** The float32 with the value of an IEEE 754 binary16, both as bits (the result as an int32 or uint32). */
export function float16BitsToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  // 112 is the difference of the biases, 127 - 15.
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal: shift the leading one up to bit 10, where it becomes the implicit one of a normal float32.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}
