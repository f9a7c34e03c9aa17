/** What a model with static heads keeps of the original, and how much faster it is. */
import type { Encoder } from '../../encoder.js';
import type { TokenBatch } from '../../feed/batch.js';

export interface Kept {
  /** Cosine of each held-out text's embedding to the original's. */
  meanCosine: number;
  /** 1st percentile of those. */
  lowCosine: number;
}

export interface Speed {
  /** Tokens a second, tokenization not counted. */
  tokensPerSecond: number;
  /** Times the original's rate. */
  speedup: number;
}

/** Tokens of one timed job, and of all jobs of a round: short rounds, of which some are undisturbed. */
const JOB_TOKENS = 2048;
const TIMED_TOKENS = 2048;
const ROUNDS = 15;

export function kept(actual: Float32Array, expected: Float32Array, texts: number): Kept {
  const width = actual.length / texts;
  const cosines = Float64Array.from({ length: texts }, (_, t) => {
    let [dot, a, b] = [0, 0, 0];
    for (let i = t * width; i < (t + 1) * width; i++) {
      dot += actual[i]! * expected[i]!;
      a += actual[i]! ** 2;
      b += expected[i]! ** 2;
    }
    return a * b > 0 ? dot / Math.sqrt(a * b) : 0;
  }).sort();
  return {
    meanCosine: cosines.reduce((sum, c) => sum + c, 0) / texts,
    lowCosine: cosines[Math.floor((texts - 1) / 100)]!,
  };
}

/** Texts end to end. */
export function tokenBatch(texts: readonly (readonly number[])[]): TokenBatch {
  const offsets = new Int32Array(texts.length + 1);
  texts.forEach((ids, i) => {
    offsets[i + 1] = offsets[i]! + ids.length;
  });
  return { ids: Int32Array.from(texts.flat()), offsets };
}

/** Held-out texts as jobs, as many as are timed. */
export function timedBatches(texts: readonly (readonly number[])[]): TokenBatch[] {
  const batches: TokenBatch[] = [];
  let [job, tokens, total]: [(readonly number[])[], number, number] = [[], 0, 0];
  const flush = () => {
    if (job.length > 0) batches.push(tokenBatch(job));
    [job, tokens] = [[], 0];
  };
  for (const ids of texts) {
    if (total >= TIMED_TOKENS) break;
    job.push(ids);
    tokens += ids.length;
    total += ids.length;
    if (tokens >= JOB_TOKENS) flush();
  }
  flush();
  return batches;
}

/** Both encoders over the same batches, in turn; the best round of each counts, which other work delayed least. */
export async function compareSpeed(
  encoder: Encoder,
  original: Encoder,
  batches: readonly TokenBatch[],
  signal?: AbortSignal,
): Promise<Speed> {
  const tokens = batches.reduce((sum, { ids }) => sum + ids.length, 0);
  const seconds = async (which: Encoder): Promise<number> => {
    signal?.throwIfAborted();
    const start = performance.now();
    for (const batch of batches) await which.encodeTokens(batch);
    return (performance.now() - start) / 1000;
  };
  await seconds(encoder);
  await seconds(original);
  let [own, others] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < ROUNDS; round++) {
    others = Math.min(others, await seconds(original));
    own = Math.min(own, await seconds(encoder));
  }
  return { tokensPerSecond: tokens / own, speedup: others / own };
}
