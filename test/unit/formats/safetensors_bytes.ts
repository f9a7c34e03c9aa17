/** Builders of safetensors files for tests, independent of the writer. */

export interface StoredTensor {
  dtype: unknown;
  shape: unknown;
  data_offsets: unknown;
}

/** One well-formed entry: `count` float32 numbers from byte `begin` of the data on. */
export function f32(begin: number, count: number): StoredTensor {
  return { dtype: 'F32', shape: [count], data_offsets: [begin, begin + 4 * count] };
}

/** The JSON bytes of a header. */
export function headerBytes(header: unknown): Uint8Array {
  return Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
}

/** A whole file: length, header, `dataLength` zero bytes. */
export function fileBytes(header: unknown, dataLength: number): Uint8Array {
  const json = headerBytes(header);
  const bytes = new Uint8Array(8 + json.byteLength + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.byteLength), true);
  bytes.set(json, 8);
  return bytes;
}
