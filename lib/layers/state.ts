/** Tensors of a safetensors file, for `setWeights` and the importers. */
import { readSafetensors } from '../formats/safetensors_reader.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * All tensors of a file by name, as float32.
 * @throws FileError, FormatError with one sentence
 */
export async function loadSafetensors(path: string): Promise<Record<string, Tensor>> {
  const tensors = await readSafetensors(path);
  return Object.fromEntries([...tensors].map(([name, { data, shape }]) => [name, new Tensor(data, shape)]));
}
