/**
 * Means of a model's pooled states. Static heads move them; the difference is put into the bias of the last norm, so that
 * embeddings stand around the same middle as before.
 */
import { Encoder } from '../../encoder.js';
import type { PoolingMode } from '../../types.js';

/** The transformer of a directory alone, over texts: [hidden]. */
export async function meanState(
  directory: string,
  texts: readonly string[],
  pooling: PoolingMode,
  signal?: AbortSignal,
): Promise<Float64Array> {
  using encoder = await Encoder.load(directory, { modules: false });
  const options = { pooling, normalize: false, ...(signal && { signal }) };
  const { data } = await encoder.encode(texts, options);
  const mean = new Float64Array(encoder.dimensions);
  data.forEach((x, i) => {
    mean[i % mean.length]! += x / texts.length;
  });
  return mean;
}
