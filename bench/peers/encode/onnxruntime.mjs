// onnxruntime-node on the CPU: tokens, padded batches and pooling are up to its user.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { tokenizerOf } from '../../lib/token_sequences.mjs';
import { pool, tokenBatches } from './batches.mjs';

const require = createRequire(import.meta.url);

export async function load({ threads, onnx, maxLength, dimensions, options: { file, sorted } }) {
  const ort = require('onnxruntime-node');
  const tokenize = tokenizerOf(onnx, maxLength);
  const session = await ort.InferenceSession.create(join(onnx, 'onnx', file), {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
  });
  return {
    version: JSON.parse(readFileSync(require.resolve('onnxruntime-node/package.json'), 'utf8')).version,
    async encode(texts) {
      const embeddings = new Float32Array(texts.length * dimensions);
      for (const batch of tokenBatches(tokenize, texts, sorted)) {
        const feeds = Object.fromEntries(
          Object.entries(batch.inputs).map(([name, data]) => [
            name,
            new ort.Tensor('int64', data, batch.shape),
          ]),
        );
        const { last_hidden_state: hidden } = await session.run(feeds);
        pool(hidden, batch, embeddings);
      }
      return embeddings;
    },
  };
}
