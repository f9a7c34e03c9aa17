/** What a loaded model attends to in one text. */
import { EncodeOutput } from '../native/addon.js';
import { addon } from '../native/load.js';
import type { LoadedModel } from './loaded_model.js';

/** @returns [layers, heads, ids, ids] */
export async function attentionWeights(model: LoadedModel, ids: readonly number[]): Promise<Float32Array> {
  const attention = new Float32Array(model.layers * model.heads * ids.length ** 2);
  await addon().encodeAsync({
    model: model.handle,
    ids: Int32Array.from(ids),
    offsets: Int32Array.of(0, ids.length),
    output: EncodeOutput.mean,
    normalize: false,
    out: new Float32Array(model.dimensions),
    attention,
  });
  return attention;
}
