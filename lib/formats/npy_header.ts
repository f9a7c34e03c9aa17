/** The header of NumPy's .npy format, version 1.0: https://numpy.org/neps/nep-0001-npy-format.html */

import { ArgumentError, describe, expectation, FormatError } from '../errors.js';
import { quoteName } from './quote_name.js';
import type { NumberType } from './row_format.js';

/** 0x93 "NUMPY" and the version 1.0. */
export const NPY_MAGIC: readonly number[] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** Bytes before the dictionary: the magic and a u16 little-endian length. */
export const NPY_PREFIX = 10;
/** The header's length is a multiple of this, so that mapped data is aligned. */
const ALIGNMENT = 64;
/** Room for the number of rows, enough for any u64, so that the header can be patched in place. */
const ROW_DIGITS = 20;

const DESCR: Record<NumberType, string> = { float32: '<f4', int8: '|i1', uint8: '|u1' };

/**
 * The bytes before the data of a little-endian matrix [rows, columns] in C order. Their number
 * depends on `columns` alone. For an output that cannot seek; NpyFormat is for files.
 * @throws ArgumentError if `rows` is not a non-negative or `columns` not a positive safe integer
 */
export function npyHeader(rows: number, columns: number, type: NumberType = 'float32'): Uint8Array {
  if (!Number.isSafeInteger(rows) || rows < 0) {
    throw new ArgumentError(expectation('npy rows', 'a non-negative safe integer', describe(rows)));
  }
  if (!Number.isSafeInteger(columns) || columns < 1) {
    throw new ArgumentError(expectation('npy columns', 'a positive safe integer', describe(columns)));
  }
  const dictionary = `{'descr': '${DESCR[type]}', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const longest = NPY_PREFIX + dictionary.length - String(rows).length + ROW_DIGITS + 1;
  const total = Math.ceil(longest / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(total).fill(0x20);
  header.set(NPY_MAGIC);
  new DataView(header.buffer).setUint16(NPY_MAGIC.length, total - NPY_PREFIX, true);
  header.set(new TextEncoder().encode(dictionary), NPY_PREFIX);
  header[total - 1] = 0x0a;
  return header;
}

/** The dictionary of a header. */
export interface NpyDictionary {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: number[];
}

// One key and value of the dictionary, as numpy writes it and in other white space; `3L` is Python 2's.
const MEMBER =
  /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"\\]*)\3|(True|False)|\(\s*((?:(?:0|[1-9]\d{0,16})L?\s*,\s*)*)((?:0|[1-9]\d{0,16})L?\s*)?\))\s*/y;

/**
 * Reads the Python dictionary of a header, which has the keys descr, fortran_order and shape.
 * @throws FormatError on anything else
 */
export function parseNpyDictionary(text: string, source: string): NpyDictionary {
  const subject = `${source}, npy header`;
  const fail = (expected: string, at: number): never => {
    const rest = text.slice(at, at + 20);
    throw new FormatError(
      expectation(subject, expected, rest === '' ? 'the end of the header' : quoteName(rest)),
    );
  };
  const values = new Map<string, string | boolean | number[]>();
  let at = /^\s*/.exec(text)![0].length;
  if (text[at] !== '{') fail('a dictionary in braces', at);
  at++;
  for (;;) {
    MEMBER.lastIndex = at;
    const match = MEMBER.exec(text);
    if (match === null) break;
    const [, , key = '', , quoted, flag, leading = '', last] = match;
    if (values.has(key)) fail(`the key '${key}' once`, at);
    // "(3)" is a number in Python, not a shape.
    if (quoted === undefined && flag === undefined && leading === '' && last !== undefined) {
      fail('a shape with a comma', at);
    }
    values.set(key, quoted ?? (flag === undefined ? sizes(leading + (last ?? '')) : flag === 'True'));
    at = MEMBER.lastIndex;
    if (text[at] !== ',') break;
    at++;
  }
  const end = /\s*\}\s*$/y;
  end.lastIndex = at;
  if (!end.test(text)) fail('a key with a string, a boolean or a tuple of sizes, or the closing brace', at);
  const descr = values.get('descr');
  const fortranOrder = values.get('fortran_order');
  const shape = values.get('shape');
  if (
    values.size !== 3 ||
    typeof descr !== 'string' ||
    typeof fortranOrder !== 'boolean' ||
    !Array.isArray(shape)
  ) {
    const received = [...values.keys()].map(quoteName).join(', ') || 'no keys';
    throw new FormatError(
      expectation(subject, 'descr (string), fortran_order (boolean) and shape (tuple)', received),
    );
  }
  return { descr, fortranOrder, shape };
}

function sizes(list: string): number[] {
  return (list.match(/\d+/g) ?? []).map(Number);
}
