/** What a model with static heads keeps of the original, and how much faster it is. */
import type { Encoder } from '../encoder.js';
import type { TokenBatch } from '../token_batches.js';

export interface Kept {
  /** Cosine of each held-out text's embedding to the original's. */
  meanCosine: number;
  /** 1st percentile of those. */
  lowCosine: number;
}

export interface Speed {
  /** Tokens a second, tokenization not counted. */
  tokensPerSecond: number;
  /** Times the original's rate, measured in turn. */
  speedup: number;
}

/** Tokens of one timed job, and of all jobs of a round. */
const JOB_TOKENS = 4096;
const TIMED_TOKENS = 8192;
const ROUNDS = 5;

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

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Both encoders over the same batches, in turn, so that what else the machine does falls on both. */
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
  const [own, ratios]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const before = await seconds(original);
    const after = await seconds(encoder);
    own.push(after);
    ratios.push(before / after);
  }
  return { tokensPerSecond: tokens / median(own), speedup: median(ratios) };
}
