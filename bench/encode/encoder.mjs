// An encoder that is ready to be timed, and one timed call of it.
import { Encoder } from '../../dist/index.js';
import { timedEncode } from '../lib/timed_encode.mjs';

const WARM_TEXTS = 64;

/** @returns {encoder, load: milliseconds} */
export async function loadEncoder(model, dtype, texts) {
  const start = performance.now();
  const encoder = await Encoder.load(model, { dtype });
  const load = performance.now() - start;
  console.log(`load ${load.toFixed(0)} ms`);
  await encoder.encode(texts.slice(0, WARM_TEXTS));
  return { encoder, load };
}

/** @returns what timedEncode gives, and the number of tokens */
export async function encodeAll(encoder, texts) {
  let tokens = 0;
  const onProgress = (progress) => {
    tokens = progress.tokens;
  };
  const { result: _, ...measured } = await timedEncode(() => encoder.encode(texts, { onProgress }));
  return { ...measured, tokens };
}
