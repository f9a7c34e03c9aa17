/** Tensors of a safetensors file, for `setWeights` and the importers. */
import { readSafetensors } from '../formats/safetensors_reader.js';
import { checkPath } from '../options.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * All tensors of a file by name, as float32.
 * @throws FileError, FormatError with one sentence
 */
export async function loadSafetensors(path: string): Promise<Record<string, Tensor>> {
  const tensors = await readSafetensors(checkPath('path', path));
  return Object.fromEntries([...tensors].map(([name, { data, shape }]) => [name, new Tensor(data, shape)]));
}
