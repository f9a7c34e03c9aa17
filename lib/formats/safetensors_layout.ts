/** What a safetensors file holds: its element types and their sizes, its entries, its limits. */

/** The format's own limit of a header, in bytes. */
export const MAX_SAFETENSORS_HEADER = 100_000_000;

/** Types with a meaning to this package. */
export type SafetensorsDtype =
  | 'F64'
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I64'
  | 'I32'
  | 'I16'
  | 'I8'
  | 'U64'
  | 'U32'
  | 'U16'
  | 'U8'
  | 'BOOL';

/** Types that are only measured, so that a file which merely contains one is readable. */
export type SafetensorsOpaqueDtype =
  | 'C64'
  | 'F8_E4M3'
  | 'F8_E4M3FNUZ'
  | 'F8_E5M2'
  | 'F8_E5M2FNUZ'
  | 'F8_E8M0'
  | 'F6_E2M3'
  | 'F6_E3M2'
  | 'F4';

/** Any type of the format. */
export type SafetensorsStoredDtype = SafetensorsDtype | SafetensorsOpaqueDtype;

/** One tensor of a file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsStoredDtype;
  /** Row-major; [] is a scalar. */
  readonly shape: readonly number[];
  /** Offset of the first byte in the file. */
  readonly begin: number;
  /** Offset after the last byte in the file; equal to `begin` if a size is 0. */
  readonly end: number;
}

export interface SafetensorsHeader {
  /** The file's `__metadata__`; an object without prototype. */
  readonly metadata: Readonly<Record<string, string>>;
  /** By name, in the header's order. */
  readonly tensors: ReadonlyMap<string, SafetensorsEntry>;
  /** Offset of the data in the file, in bytes. */
  readonly dataBegin: number;
  /** Bytes of the whole file. */
  readonly fileSize: number;
}

const BITS: Record<SafetensorsStoredDtype, number> = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  BOOL: 8,
  C64: 64,
  F8_E4M3: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2: 8,
  F8_E5M2FNUZ: 8,
  F8_E8M0: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
};

/** Whether `name` is a type of the format. */
export function isSafetensorsDtype(name: string): name is SafetensorsStoredDtype {
  return Object.hasOwn(BITS, name);
}

/**
 * Bytes that a tensor takes in a file, or undefined if the count of its elements or bits passes 2^53 - 1 or
 * its bits do not fill whole bytes.
 */
export function safetensorsByteLength(
  dtype: SafetensorsStoredDtype,
  shape: readonly number[],
): number | undefined {
  // A product of two safe integers that rounds to a safe integer is exact, so no BigInt is needed. The order
  // is the reference implementation's: [huge, huge, 0] overflows, [0, huge, huge] does not.
  let bits = 1;
  for (const size of [...shape, BITS[dtype]]) {
    bits *= size;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  return bits % 8 === 0 ? bits / 8 : undefined;
}
