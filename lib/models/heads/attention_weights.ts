/** What a loaded model attends to in one text. */
import type { ExplainedLayer } from '../../explain/explanation.js';
import { allocateFloats } from '../../tensor/allocate.js';
import type { LoadedModel } from '../architectures/loaded_model.js';
import { encodeJob, type Failures, throwFailure } from '../feed/encode_job.js';

export interface AttentionOfText {
  /** [layers, heads, ids, ids] */
  weights: Float32Array;
  /** Of the text, as the only one. */
  failures: Failures;
}

export async function attentionWeights(model: LoadedModel, ids: readonly number[]): Promise<AttentionOfText> {
  const weights = allocateFloats([model.layers, model.heads, ids.length, ids.length], 'attention weights');
  const batch = { ids: Int32Array.from(ids), offsets: Int32Array.of(0, ids.length) };
  const out = new Float32Array(model.dimensions);
  return { weights, failures: await encodeJob(model, batch, { output: 'mean', out, attention: weights }) };
}

/** The layers of an explanation. @throws NonFiniteError, FileError if the text has no result */
export async function explainedLayers(model: LoadedModel, ids: readonly number[]): Promise<ExplainedLayer[]> {
  const { layers, heads, kinds } = model;
  const size = heads * ids.length * ids.length;
  const { weights, failures } = await attentionWeights(model, ids);
  throwFailure(failures);
  return Array.from({ length: layers }, (_, i) => ({
    name: `layer ${i}`,
    kind: kinds[i]!,
    heads,
    queries: ids.length,
    keys: ids.length,
    parts: [{ name: 'attention', weights: weights.subarray(i * size, (i + 1) * size) }],
  }));
}
