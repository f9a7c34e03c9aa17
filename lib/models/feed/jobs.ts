/** Texts through tokenizer and native jobs, a few at a time, in order. */
import { readSignal } from '../../options.js';
import { checkPositiveInteger } from '../../tensor/shape.js';
import type { EncodeProgress, TextSource } from '../types.js';
import type { TokenBatch } from './batch.js';
import { tokenBatches } from './batches.js';
import { TextReader } from './text_reader.js';
import type { TokenWorkers } from './worker_pool.js';

/**
 * Tokens a native job: several chunks for each thread of an ordinary machine, small enough for results to come
 * steadily and for an abort to be felt soon.
 */
const JOB_TOKENS = 4096;
/** While one job is awaited the next one runs and a third is being tokenized, here or by other threads. */
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
  workers: TokenWorkers,
  prompt: string,
  start: (batch: TokenBatch) => Promise<T>,
  options: JobOptions,
  total: number | undefined,
): AsyncGenerator<Job<T>, void, undefined> {
  const { onProgress } = options;
  const signal = readSignal(options.signal);
  const limit =
    options.batchSize === undefined
      ? Number.POSITIVE_INFINITY
      : checkPositiveInteger('batchSize', options.batchSize);
  signal?.throwIfAborted();
  workers.begin();
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
  const reader = new TextReader(texts);
  const batches = tokenBatches(reader, workers, limits, () => computing > 0, prompt, signal);
  /** Milliseconds in which the consumer had the word. */
  let consumed = 0;
  /** `consumed` and the reader's `waited` when the last job began. */
  let excusedBefore: number | undefined;
  try {
    for (;;) {
      const batch = await abortable(batches.next(), signal);
      if (batch.done) break;
      const job = start(batch.value).then((result) => ({ result, batch: batch.value }));
      computing++;
      const excused = consumed + reader.waited;
      workers.jobBegins(excusedBefore === undefined ? undefined : excused - excusedBefore);
      excusedBefore = excused;
      // Awaited later, in order; a failure must not count as unhandled meanwhile.
      job
        .catch(() => {})
        .finally(() => {
          computing--;
          workers.demand.end();
        });
      inFlight.push(job);
      if (inFlight.length < JOBS_IN_FLIGHT) continue;
      const ended = await next();
      const given = performance.now();
      yield ended;
      consumed += performance.now() - given;
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
    if (signal.aborted) {
      // It sees the abort too, and nobody else waits for it.
      promise.catch(() => {});
      return abort();
    }
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
