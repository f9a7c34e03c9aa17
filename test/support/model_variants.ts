/** Copies of the small models with other weights files or configs. */
import { copyFile, cp } from 'node:fs/promises';
import { join } from 'node:path';

/** A copy of a model directory whose weights are those of another file in it. */
export async function withWeights(from: string, to: string, file: string): Promise<string> {
  await cp(from, to, { recursive: true });
  await copyFile(join(from, file), join(to, 'model.safetensors'));
  return to;
}
