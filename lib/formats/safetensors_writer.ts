/** Writer of safetensors files of float32 tensors. */

import { types } from 'node:util';
import { ArgumentError, describe, expectation, ShapeError } from '../errors.js';
import { quoteName } from './quote_name.js';
import { MAX_SAFETENSORS_HEADER, safetensorsByteLength } from './safetensors_layout.js';
import { writeWhole } from './write_whole.js';

/** A tensor to be stored; `shape` is row-major and its product is the length of `data`. */
export interface Float32TensorToWrite {
  readonly name: string;
  readonly dtype: 'F32';
  readonly shape: readonly number[];
  readonly data: Float32Array;
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
  const head = encodeHead(list, metadata);
  await writeWhole(path, chunks(head, list));
}

/** Views made when their turn comes: a view of a buffer that was transferred meanwhile throws, one made before is empty. */
function* chunks(head: Uint8Array, tensors: readonly Float32TensorToWrite[]): Generator<Uint8Array> {
  yield head;
  for (const { data } of tensors) {
    // The machines that this package has kernels for are little-endian, as the format is.
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
}

/** The length and the padded header. */
function encodeHead(
  tensors: readonly Float32TensorToWrite[],
  metadata: Readonly<Record<string, string>> | undefined,
): Uint8Array {
  // Assembled as text, since a property named "__proto__" would be lost on an object.
  const members: string[] = [];
  const names = new Set<string>();
  if (metadata !== undefined) members.push(`"__metadata__":${encodeMetadata(metadata)}`);
  let begin = 0;
  for (const tensor of tensors) {
    checkTensor(tensor, names);
    names.add(tensor.name);
    const end = begin + tensor.data.byteLength;
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

function checkTensor(tensor: Float32TensorToWrite, names: ReadonlySet<string>): void {
  const { name, dtype, shape, data } = tensor;
  if (typeof name !== 'string' || name === '__metadata__' || names.has(name)) {
    const expected = 'a string that is not "__metadata__" and not used twice';
    throw new ArgumentError(expectation('tensor name', expected, describe(name)));
  }
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
