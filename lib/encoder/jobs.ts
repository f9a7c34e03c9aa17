/** Texts through tokenizer and native jobs, a few at a time, in order. */
import { checkPositiveInteger } from '../tensor/shape.js';
import { type TokenBatch, tokenBatches } from './token_batches.js';
import type { Tokenizer } from './tokenize.js';
import type { EncodeProgress, TextSource } from './types.js';

/**
 * Tokens a native job: several chunks for each thread of an ordinary machine, small enough for results to come
 * steadily and for an abort to be felt soon.
 */
const JOB_TOKENS = 4096;
/** While one job is awaited the next one runs and a third is being tokenized. */
const JOBS_IN_FLIGHT = 2;

export interface JobOptions {
  batchSize?: number | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: EncodeProgress) => void) | undefined;
}

/** Of every job what `start` made of its batch. */
export interface Job<T> {
  result: T;
  batch: TokenBatch;
}

/**
 * @param prompt put before every text
 * @param total texts in all, where that is known
 */
export async function* runJobs<T>(
  texts: TextSource,
  tokenizer: Tokenizer,
  prompt: string,
  start: (batch: TokenBatch) => Promise<T>,
  options: JobOptions,
  total: number | undefined,
): AsyncGenerator<Job<T>, void, undefined> {
  const { signal, onProgress } = options;
  const limit =
    options.batchSize === undefined
      ? Number.POSITIVE_INFINITY
      : checkPositiveInteger('batchSize', options.batchSize);
  signal?.throwIfAborted();
  const inFlight: Promise<Job<T>>[] = [];
  let done = 0;
  let tokens = 0;
  const next = async (): Promise<Job<T>> => {
    const job = await abortable(inFlight.shift()!, signal);
    done += job.batch.offsets.length - 1;
    tokens += job.batch.ids.length;
    onProgress?.({ texts: done, tokens, total });
    return job;
  };
  let computing = 0;
  const limits = { tokens: JOB_TOKENS, texts: limit };
  const batches = tokenBatches(texts, tokenizer, limits, () => computing > 0, prompt);
  try {
    for (;;) {
      const batch = await abortable(batches.next(), signal);
      if (batch.done) break;
      const job = start(batch.value).then((result) => ({ result, batch: batch.value }));
      computing++;
      // Awaited later, in order; a failure must not count as unhandled meanwhile.
      job.catch(() => {}).finally(() => computing--);
      inFlight.push(job);
      if (inFlight.length >= JOBS_IN_FLIGHT) yield await next();
    }
    while (inFlight.length > 0) yield await next();
  } finally {
    // Not awaited: a source that waits for input would hold up the error of an abort.
    batches.return().catch(() => {});
  }
}

/** The promise, or the signal's reason as soon as it aborts. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
