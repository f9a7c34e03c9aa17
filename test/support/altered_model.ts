/** Copies of small models of which some weights are others. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '../../lib/formats/safetensors.js';
import { readSafetensors } from '../../lib/formats/safetensors_reader.js';

/** @param change of every tensor, in place */
export async function alteredModel(
  from: string,
  to: string,
  change: (name: string, data: Float32Array, shape: readonly number[]) => void,
): Promise<string> {
  await cp(from, to, { recursive: true });
  const path = join(to, 'model.safetensors');
  const tensors = [...(await readSafetensors(path))].map(([name, { shape, data }]) => {
    change(name, data, shape);
    return { name, dtype: 'F32' as const, shape, data };
  });
  await writeSafetensors(path, tensors);
  return to;
}

/** The model with one row of its word table filled with `value`. */
export function withWord(from: string, to: string, id: number, value: number): Promise<string> {
  return alteredModel(from, to, (name, data, shape) => {
    if (!/(word_embeddings|tok_embeddings)\.weight$/.test(name)) return;
    const columns = shape[1]!;
    data.fill(value, id * columns, (id + 1) * columns);
  });
}
