/** Reads tensors of a safetensors file into memory, as float32. */
import { decodeFloat32 } from './decode_float32.js';
import { withInputFile } from './input_file.js';
import { readSafetensorsHeader, type SafetensorsEntry } from './safetensors.js';

export interface Float32TensorRead {
  shape: readonly number[];
  data: Float32Array;
}

/** The stored bytes of one tensor. @throws FileError, FormatError if the file has become shorter */
export function readTensorBytes(path: string, entry: SafetensorsEntry): Promise<Uint8Array> {
  return withInputFile(path, async (file) => {
    const bytes = new Uint8Array(entry.end - entry.begin);
    await file.read(bytes, entry.begin);
    return bytes;
  });
}

/**
 * All tensors of a file by name, in the file's order. F64 is rounded; integers are refused.
 * @throws FileError if the file is missing or unreadable
 * @throws FormatError if it breaks a rule of the format or holds other types
 */
export async function readSafetensors(path: string): Promise<Map<string, Float32TensorRead>> {
  const { tensors } = await readSafetensorsHeader(path);
  return withInputFile(path, async (file) => {
    const out = new Map<string, Float32TensorRead>();
    for (const entry of tensors.values()) {
      const bytes = new Uint8Array(entry.end - entry.begin);
      await file.read(bytes, entry.begin);
      out.set(entry.name, { shape: entry.shape, data: decodeFloat32(entry, bytes) });
    }
    return out;
  });
}
