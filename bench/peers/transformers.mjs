// transformers.js as its documentation shows it: a feature-extraction pipeline over batches in input order.
import { basename, dirname, resolve } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';

const BATCH = 32;

export async function load({ threads, settings }) {
  env.allowRemoteModels = false;
  return {
    version: env.version,
    threads,
    async prepare() {
      if (!settings.onnxModel) throw new Error('needs --onnx-model DIR, the same weights in ONNX');
      const folder = resolve(settings.onnxModel);
      env.localModelPath = dirname(folder);
      const extract = await pipeline('feature-extraction', basename(folder), {
        dtype: 'fp32',
        session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
      });
      const run = async () => {
        const parts = [];
        for (let start = 0; start < settings.texts.length; start += BATCH) {
          const texts = settings.texts.slice(start, start + BATCH);
          parts.push((await extract(texts, { pooling: 'mean', normalize: true })).data);
        }
        return parts;
      };
      return {
        run,
        output(parts) {
          const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
          let at = 0;
          for (const part of parts) {
            all.set(part, at);
            at += part.length;
          }
          return all;
        },
        dispose: () => extract.dispose(),
      };
    },
  };
}
