/** Reads tensors of a safetensors file into memory, as float32. */
import { decodeFloat32 } from './decode_float32.js';
import { type FileState, withInputFile } from './input_file.js';
import { readHeader, type SafetensorsEntry } from './safetensors.js';

export interface Float32TensorRead {
  shape: readonly number[];
  data: Float32Array;
}

/**
 * The stored bytes of one tensor.
 * @param state the state that the file was in when its header was read
 * @throws FileError if it is in another one by now
 */
export function readTensorBytes(
  path: string,
  entry: SafetensorsEntry,
  state?: FileState,
): Promise<Uint8Array<ArrayBuffer>> {
  return readBytes(path, entry.begin, entry.end - entry.begin, state);
}

/** `length` bytes from `begin` on, as `readTensorBytes` reads them. */
export function readBytes(
  path: string,
  begin: number,
  length: number,
  state?: FileState,
): Promise<Uint8Array<ArrayBuffer>> {
  return withInputFile(
    path,
    async (file) => {
      const bytes = new Uint8Array(length);
      await file.read(bytes, begin);
      await file.checkUnchanged();
      return bytes;
    },
    { expected: state },
  );
}

/**
 * All tensors of a file by name, in the file's order. F64 is rounded; integers are refused.
 * @throws FileError if the file is missing, unreadable or changed meanwhile
 * @throws FormatError if it breaks a rule of the format or holds other types
 */
export function readSafetensors(path: string): Promise<Map<string, Float32TensorRead>> {
  return withInputFile(path, async (file) => {
    const { tensors } = await readHeader(file);
    const out = new Map<string, Float32TensorRead>();
    for (const entry of tensors.values()) {
      const bytes = new Uint8Array(entry.end - entry.begin);
      await file.read(bytes, entry.begin);
      out.set(entry.name, { shape: entry.shape, data: decodeFloat32(entry, bytes) });
    }
    await file.checkUnchanged();
    return out;
  });
}
