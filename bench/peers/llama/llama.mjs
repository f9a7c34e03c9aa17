// llama.cpp by node-llama-cpp, one text a call, which is all that its API offers.
import { getLlama, getModuleVersion } from 'node-llama-cpp';

/** To unit length, as the model's other contenders give it. */
function unit(vector) {
  const norm = Math.hypot(...vector);
  return vector.map((x) => x / norm);
}

export async function load({ threads, settings }) {
  const llama = await getLlama({ build: 'never', gpu: false, maxThreads: threads, logLevel: 'error' });
  return {
    version: await getModuleVersion(),
    threads,
    async prepare() {
      const model = await llama.loadModel({ modelPath: settings.gguf });
      const context = await model.createEmbeddingContext({ threads });
      const run = async () => {
        const rows = [];
        for (const text of settings.texts) rows.push(unit((await context.getEmbeddingFor(text)).vector));
        return rows;
      };
      return {
        run,
        output: (rows) => Float32Array.from(rows.flat()),
        dispose: () => model.dispose(),
      };
    },
  };
}
