/**
 * Reader of safetensors headers. Only the header is read; the data is read by native code, which relies on
 * every offset having been checked here.
 *
 * File: u64 little-endian header length, the header (JSON, padded with spaces), the data. Not promised: that
 * data is aligned to its element size.
 */

import { expectation, FormatError } from '../errors.js';
import { type FileState, type InputFile, withInputFile } from './input_file.js';
import { JsonCursor } from './json_cursor.js';
import { quoteName } from './quote_name.js';
import {
  isSafetensorsDtype,
  MAX_SAFETENSORS_HEADER,
  type SafetensorsEntry,
  type SafetensorsHeader,
  safetensorsByteLength,
} from './safetensors_layout.js';

export { decodeFloat32 } from './decode_float32.js';
export type {
  SafetensorsDtype,
  SafetensorsEntry,
  SafetensorsHeader,
  SafetensorsOpaqueDtype,
  SafetensorsStoredDtype,
} from './safetensors_layout.js';
export { type Float32TensorToWrite, writeSafetensors } from './safetensors_writer.js';

/** A header, and the state that its file was in. */
export interface SafetensorsFileHeader extends SafetensorsHeader {
  readonly state: FileState;
}

/** Bytes before the header: its length. */
const PREFIX = 8;

/**
 * Reads and checks the header of a file.
 * @throws FileError if the file is missing, unreadable or not a regular file
 * @throws FormatError if it breaks a rule of the format
 */
export function readSafetensorsHeader(path: string): Promise<SafetensorsFileHeader> {
  return withInputFile(path, async (file) => {
    const header = await readHeader(file);
    await file.checkUnchanged();
    return { ...header, state: file.state };
  });
}

/** Of a file that is open. @throws FormatError if it breaks a rule of the format */
export async function readHeader(file: InputFile): Promise<SafetensorsHeader> {
  const { path } = file;
  if (file.size < PREFIX) {
    throw new FormatError(expectation(path, `a file of at least ${PREFIX} bytes`, `${file.size} bytes`));
  }
  const prefix = new Uint8Array(PREFIX);
  await file.read(prefix, 0);
  const length = new DataView(prefix.buffer).getBigUint64(0, true);
  checkHeaderLength(length, file.size, path);
  const header = new Uint8Array(Number(length));
  await file.read(header, PREFIX);
  return parseSafetensorsHeader(header, file.size, path);
}

/**
 * Checks a header.
 * @param header the JSON bytes, without the 8 bytes of their length
 * @param fileSize bytes of the whole file
 * @param source names the file in errors
 * @throws FormatError if a rule of the format is broken
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  fileSize: number,
  source: string,
): SafetensorsHeader {
  checkHeaderLength(BigInt(header.byteLength), fileSize, source);
  const text = decodeHeader(header, source);
  const dataBegin = PREFIX + header.byteLength;
  const tensors = new Map<string, SafetensorsEntry>();
  const metadata = Object.create(null) as Record<string, string>;
  const cursor = new JsonCursor(text);
  const subject = `${source}, header`;
  cursor.object(subject, (name) => {
    if (name === '__metadata__') {
      const of = `${source}, __metadata__`;
      cursor.object(of, (key) => {
        metadata[key] = cursor.string(of);
      });
    } else {
      tensors.set(name, readEntry(cursor, name, dataBegin, fileSize, source));
    }
  });
  cursor.end(subject);
  checkCoverage(tensors, dataBegin, fileSize, source);
  return { metadata: Object.freeze(metadata), tensors, dataBegin, fileSize };
}

function checkHeaderLength(length: bigint, fileSize: number, source: string): void {
  const room = Math.min(MAX_SAFETENSORS_HEADER, fileSize - PREFIX);
  if (length > BigInt(room)) {
    const limit = room === MAX_SAFETENSORS_HEADER ? 'the limit of the format' : 'what the file holds';
    throw new FormatError(
      expectation(`${source}, header length`, `at most ${room} bytes (${limit})`, String(length)),
    );
  }
}

function decodeHeader(header: Uint8Array, source: string): string {
  if (header[0] !== 0x7b) {
    const received = header.byteLength === 0 ? 'an empty header' : `the byte ${header[0]}`;
    throw new FormatError(expectation(`${source}, header`, 'an opening brace as its first byte', received));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(header);
  } catch (error) {
    throw new FormatError(expectation(`${source}, header`, 'UTF-8 text', 'other bytes'), { cause: error });
  }
}

/** Reads and checks one value of the header's object; offsets are counted from the start of the data. */
function readEntry(
  cursor: JsonCursor,
  name: string,
  dataBegin: number,
  fileSize: number,
  source: string,
): SafetensorsEntry {
  const subject = `${source}, tensor ${quoteName(name)}`;
  let dtype: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  cursor.object(subject, (key) => {
    if (key === 'dtype') dtype = cursor.string(`${subject}, dtype`);
    else if (key === 'shape') shape = Object.freeze(cursor.integers(`${subject}, shape`));
    else if (key === 'data_offsets') offsets = cursor.integers(`${subject}, data_offsets`);
    else throw new FormatError(expectation(subject, 'dtype, shape and data_offsets only', quoteName(key)));
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = dtype === undefined ? 'dtype' : shape === undefined ? 'shape' : 'data_offsets';
    throw new FormatError(expectation(subject, 'dtype, shape and data_offsets', `no ${missing}`));
  }
  if (!isSafetensorsDtype(dtype)) {
    throw new FormatError(expectation(`${subject}, dtype`, 'a dtype of the format', quoteName(dtype)));
  }
  const [begin, end] = offsets;
  const dataLength = fileSize - dataBegin;
  if (offsets.length !== 2 || begin === undefined || end === undefined || begin > end || end > dataLength) {
    throw new FormatError(
      expectation(
        `${subject}, data_offsets`,
        `[begin, end] with begin <= end <= ${dataLength}`,
        offsets.length <= 8 ? `[${offsets.join(', ')}]` : `an array of ${offsets.length}`,
      ),
    );
  }
  const byteLength = safetensorsByteLength(dtype, shape);
  if (byteLength !== end - begin) {
    const received = `${dtype} of shape ${shape.length <= 8 ? `[${shape.join(', ')}]` : `with ${shape.length} axes`}`;
    throw new FormatError(expectation(subject, `a shape and dtype that fill ${end - begin} bytes`, received));
  }
  return { name, dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

/** Every byte of the data must belong to exactly one tensor. */
function checkCoverage(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  dataBegin: number,
  fileSize: number,
  source: string,
): void {
  let expected = dataBegin;
  // Zero-sized tensors share their `begin` with the tensor that follows them, hence the second key.
  for (const { name, begin, end } of [...tensors.values()].sort(
    (a, b) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== expected) {
      throw new FormatError(
        expectation(
          `${source}, tensor ${quoteName(name)}`,
          `its data to begin at byte ${expected} of the file, where the tensor before it ends`,
          `byte ${begin} (${begin < expected ? 'an overlap' : 'a hole'})`,
        ),
      );
    }
    expected = end;
  }
  if (expected !== fileSize) {
    throw new FormatError(
      expectation(source, `tensors that end with the file at byte ${fileSize}`, `an end at byte ${expected}`),
    );
  }
}
