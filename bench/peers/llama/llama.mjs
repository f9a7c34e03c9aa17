// llama.cpp by node-llama-cpp, one text a call, which is all that its API offers.
import { join } from 'node:path';

export async function load({ threads, gguf, maxLength, dimensions, options: { file } }) {
  const { getLlama, getModuleVersion } = await import('node-llama-cpp');
  const llama = await getLlama({ build: 'never', gpu: false, maxThreads: threads, logLevel: 'error' });
  const model = await llama.loadModel({ modelPath: join(gguf, file) });
  const context = await model.createEmbeddingContext({ threads });
  return {
    version: await getModuleVersion(),
    async encode(texts) {
      const embeddings = new Float32Array(texts.length * dimensions);
      for (const [i, text] of texts.entries()) {
        // The token before and the one after the text are added by the context.
        const tokens = model.tokenize(text).slice(0, maxLength - 2);
        const { vector } = await context.getEmbeddingFor(tokens);
        const norm = Math.hypot(...vector);
        for (const [j, x] of vector.entries()) embeddings[i * dimensions + j] = x / norm;
      }
      return embeddings;
    },
  };
}
