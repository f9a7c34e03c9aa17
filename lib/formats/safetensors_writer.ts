/** Writer of safetensors files. */

import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { quoteName } from './quote_name.js';
import {
  MAX_SAFETENSORS_HEADER,
  type SafetensorsStoredDtype,
  safetensorsByteLength,
} from './safetensors_layout.js';
import { writeWhole } from './write_whole.js';

/** A tensor to be stored; `shape` is row-major and its product is the length of `data`. */
export interface Float32TensorToWrite {
  readonly name: string;
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A tensor of any type, whose little-endian bytes are asked for when their turn comes. */
export interface TensorToStream {
  readonly name: string;
  readonly dtype: SafetensorsStoredDtype;
  readonly shape: readonly number[];
  bytes(): Uint8Array | Promise<Uint8Array>;
}

/**
 * Writes the tensors in the given order, end to end, the first at a multiple of 8 bytes. The file appears
 * under `path` only when it is whole.
 * @throws ArgumentError on a name that is taken or reserved, another dtype, or metadata other than strings
 * @throws ShapeError if a shape does not fit its data
 * @throws FileError if the file cannot be written
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<Float32TensorToWrite>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const list = [...tensors];
  const names = new Set<string>();
  for (const tensor of list) {
    checkName(tensor.name, names);
    checkTensor(tensor);
  }
  const streams = list.map(({ name, dtype, shape, data }) => ({
    name,
    dtype,
    shape,
    // A view made when its turn comes: of a buffer that was transferred meanwhile it throws, one made before is empty.
    // The machines that this package has kernels for are little-endian, as the format is.
    bytes: () => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  }));
  await streamSafetensors(path, streams, metadata);
}

/**
 * `writeSafetensors` of tensors that need not be in memory together.
 * @throws ShapeError if a tensor gives another number of bytes than its shape says
 */
export async function streamSafetensors(
  path: string,
  tensors: readonly TensorToStream[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  await writeWhole(path, chunks(encodeHead(tensors, metadata), tensors));
}

async function* chunks(head: Uint8Array, tensors: readonly TensorToStream[]): AsyncGenerator<Uint8Array> {
  yield head;
  for (const tensor of tensors) {
    const bytes = await tensor.bytes();
    const expected = safetensorsByteLength(tensor.dtype, tensor.shape);
    if (bytes.byteLength !== expected) {
      const subject = `tensor ${quoteName(tensor.name)}`;
      throw new ShapeError(expectation(subject, `${expected} bytes`, String(bytes.byteLength)));
    }
    yield bytes;
  }
}

/** The length and the padded header. */
function encodeHead(
  tensors: readonly TensorToStream[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  // Assembled as text, since a property named "__proto__" would be lost on an object.
  const members: string[] = [];
  const names = new Set<string>();
  if (metadata !== undefined) members.push(`"__metadata__":${encodeMetadata(metadata)}`);
  let begin = 0;
  for (const tensor of tensors) {
    checkName(tensor.name, names);
    const end = begin + safetensorsByteLength(tensor.dtype, tensor.shape)!;
    const info = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, end] };
    members.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(info)}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  if (length > MAX_SAFETENSORS_HEADER) {
    throw new ArgumentError(
      expectation('safetensors header', `at most ${MAX_SAFETENSORS_HEADER} bytes`, `${length} bytes`),
    );
  }
  const head = new Uint8Array(8 + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(json, 8);
  return head;
}

function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  const members = Object.entries(metadata).map(([key, value]) => {
    if (typeof value !== 'string') {
      throw new ArgumentError(expectation(`metadata ${quoteName(key)}`, 'a string', describe(value)));
    }
    return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
  });
  return `{${members.join(',')}}`;
}

function checkName(name: string, names: Set<string>): void {
  if (typeof name !== 'string' || name === '__metadata__' || names.has(name)) {
    const expected = 'a string that is not "__metadata__" and not used twice';
    throw new ArgumentError(expectation('tensor name', expected, describe(name)));
  }
  names.add(name);
}

function checkTensor({ name, dtype, shape, data }: Float32TensorToWrite): void {
  const subject = `tensor ${quoteName(name)}`;
  if (dtype !== 'F32') throw new ArgumentError(expectation(`${subject}, dtype`, '"F32"', describe(dtype)));
  if (!types.isFloat32Array(data)) {
    throw new ArgumentError(expectation(`${subject}, data`, 'a Float32Array', describe(data)));
  }
  const sizes = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (!sizes || safetensorsByteLength(dtype, shape) !== data.byteLength) {
    throw new ShapeError(
      expectation(`${subject}, shape`, `sizes whose product is ${data.length}`, describe([...shape])),
    );
  }
}
