/**
 * transformers.js as its documentation shows it: a feature-extraction pipeline over batches in input order. Where it
 * truncates a text it loses the closing [SEP] too, so the embeddings of texts that are too long differ.
 */
import { basename, dirname } from 'node:path';

const BATCH = 32;

export async function load({ threads, onnx, dimensions, options: { dtype } }) {
  const { env, pipeline } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.localModelPath = dirname(onnx);
  const extract = await pipeline('feature-extraction', basename(onnx), {
    dtype,
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return {
    version: env.version,
    async encode(texts) {
      const embeddings = new Float32Array(texts.length * dimensions);
      for (let start = 0; start < texts.length; start += BATCH) {
        const batch = texts.slice(start, start + BATCH);
        const { data } = await extract(batch, { pooling: 'mean', normalize: true });
        embeddings.set(data, start * dimensions);
      }
      return embeddings;
    },
  };
}
