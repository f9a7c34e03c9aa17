/** Sequences of many requests to batches of the model, and their rows back to the requests. */
import { describe, expectation } from '../errors.js';
import { BackendError, ClosedError, OverloadedError, SequenceFailure } from './failures.js';
import { FairQueue, type Waiting } from './fair_queue.js';
import { Throughput } from './throughput.js';

export interface BatcherOptions<Row> {
  /** Runs one batch; gives a row for each sequence, or a failure that is its request's alone. */
  run: (sequences: readonly Int32Array[], key: string) => Promise<readonly (Row | SequenceFailure)[]>;
  /** Tokens a batch has at most; a longer sequence is a batch of its own. Default 16384. */
  maxBatchTokens?: number;
  /** Milliseconds a batch should take at most, by the speed of those before it; default 100. */
  maxBatchMs?: number;
  /** Tokens that may wait. Default 524288, 2048 sequences of 256. */
  maxQueueTokens?: number;
  /** Requests that may wait or run. Default 512. */
  maxConcurrentRequests?: number;
  /** Called after each batch. */
  onBatch?: (batch: BatchReport) => void;
  /** Milliseconds. */
  now?: () => number;
  /** Calls back when the requests that are at hand have come in. */
  schedule?: (start: () => void) => void;
}

export interface BatchReport {
  sequences: number;
  tokens: number;
  ms: number;
  failed: boolean;
}

export interface Timings {
  /** From admission until the first sequence started. */
  queueMs: number;
  /** From then until the last one ended. */
  inferenceMs: number;
}

export interface BatchResult<Row> {
  /** In the order of the request's sequences. */
  rows: Row[];
  timings: Timings;
}

export interface SubmitOptions {
  /** Only requests of one key run together; default ''. */
  key?: string;
  /** Aborting rejects at once with the signal's reason; what has not started is not run. */
  signal?: AbortSignal | undefined;
  /** A place taken before; without one `submit` takes one. It is given back at the end. */
  place?: Place | undefined;
}

/** One of `maxConcurrentRequests`. */
export interface Place {
  /** Any number of times. */
  release(): void;
}

export interface BatcherState {
  /** Requests that wait or run. */
  requests: number;
  /** Tokens that wait. */
  queueTokens: number;
  /** Tokens of the batches that run. */
  runningTokens: number;
  batches: number;
  /** Of late, while there was work. */
  tokensPerSecond: number | undefined;
}

/** While one batch ends and its rows go out, the cores have the other. */
const BATCHES_IN_FLIGHT = 2;
/** A batch is never held smaller than this for the sake of time: below it the cores get less done. */
const LEAST_BATCH_TOKENS = 1024;
/** As long as the speed is not known. */
const FIRST_BATCH_TOKENS = 4096;

class Request<Row> implements Waiting {
  place = -1;
  tag = 0;
  order = 0;
  started = 0;
  readonly rows: Row[];
  private ended = 0;
  private firstStart = 0;

  constructor(
    readonly key: string,
    readonly sequences: readonly Int32Array[],
    private readonly admitted: number,
    readonly settle: { resolve: (result: BatchResult<Row>) => void; reject: (reason: unknown) => void },
  ) {
    this.rows = new Array<Row>(sequences.length);
  }

  /** One without tokens counts as one: it takes a row. */
  get nextTokens(): number {
    return this.started < this.sequences.length ? weight(this.sequences[this.started]!) : 0;
  }

  /** Index of the sequence that starts. */
  start(now: number): number {
    if (this.started === 0) this.firstStart = now;
    return this.started++;
  }

  /** Whether it was the last. */
  end(index: number, row: Row): boolean {
    this.rows[index] = row;
    return ++this.ended === this.sequences.length;
  }

  timings(now: number): Timings {
    return { queueMs: this.firstStart - this.admitted, inferenceMs: now - this.firstStart };
  }
}

interface Batch<Row> {
  entries: { request: Request<Row>; index: number }[];
  key: string;
  tokens: number;
}

export class Batcher<Row> {
  private readonly options: Required<Omit<BatcherOptions<Row>, 'onBatch'>>;
  private readonly onBatch: ((batch: BatchReport) => void) | undefined;
  private readonly queue = new FairQueue<Request<Row>>();
  /** Requests without an end. */
  private readonly open = new Set<Request<Row>>();
  private readonly throughput = new Throughput();
  private readonly drained: (() => void)[] = [];
  private places = 0;
  private queueTokens = 0;
  private runningTokens = 0;
  private batches = 0;
  private scheduled = false;
  private closed = false;

  constructor({ onBatch, ...options }: BatcherOptions<Row>) {
    this.onBatch = onBatch;
    this.options = {
      maxBatchTokens: 16384,
      maxBatchMs: 100,
      maxQueueTokens: 524288,
      maxConcurrentRequests: 512,
      now: () => performance.now(),
      schedule: setImmediate,
      ...options,
    };
  }

  get state(): BatcherState {
    return {
      requests: this.places,
      queueTokens: this.queueTokens,
      runningTokens: this.runningTokens,
      batches: this.batches,
      tokensPerSecond: this.throughput.perSecond,
    };
  }

  /**
   * Before the work of making sequences is done, which a request that is refused anyway should not cost.
   * @throws OverloadedError, ClosedError
   */
  enter(): Place {
    if (this.closed) throw new ClosedError(expectation('server', 'to run', 'a request while it shuts down'));
    const { maxConcurrentRequests, maxQueueTokens } = this.options;
    if (this.places >= maxConcurrentRequests) {
      throw this.overloaded(`at most ${maxConcurrentRequests} requests at a time`, 'one more');
    }
    if (this.queueTokens >= maxQueueTokens) {
      throw this.overloaded(`at most ${maxQueueTokens} tokens that wait`, `${this.queueTokens}`);
    }
    this.places++;
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        this.left();
      },
    };
  }

  /**
   * All sequences are admitted, or none.
   * @throws OverloadedError, ClosedError; BackendError of a batch, what a SequenceFailure says; the signal's reason
   */
  async submit(sequences: readonly Int32Array[], options: SubmitOptions = {}): Promise<BatchResult<Row>> {
    const { key = '', signal } = options;
    const place = options.place ?? this.enter();
    try {
      signal?.throwIfAborted();
      if (sequences.length === 0) return { rows: [], timings: { queueMs: 0, inferenceMs: 0 } };
      this.admit(sequences);
      return await this.wait(key, sequences, signal);
    } finally {
      place.release();
    }
  }

  /** No requests are taken from now on; those that are in go on. */
  close(): void {
    this.closed = true;
  }

  /** When no request waits or runs. */
  async drain(): Promise<void> {
    if (this.places > 0) await new Promise<void>((resolve) => this.drained.push(resolve));
  }

  private left(): void {
    this.places--;
    if (this.places === 0) for (const resolve of this.drained.splice(0)) resolve();
  }

  private overloaded(expected: string, received: string): OverloadedError {
    const seconds = (this.queueTokens + this.runningTokens) / (this.throughput.perSecond ?? Infinity);
    return new OverloadedError(
      expectation('server', expected, received),
      Math.min(Math.max(1, Math.ceil(seconds)), 600),
    );
  }

  private admit(sequences: readonly Int32Array[]): void {
    const tokens = sequences.reduce((sum, sequence) => sum + weight(sequence), 0);
    const { maxQueueTokens } = this.options;
    // What is larger than the whole queue would be refused for ever; alone it does no harm to others.
    if (this.queueTokens > 0 && this.queueTokens + tokens > maxQueueTokens) {
      throw this.overloaded(`at most ${maxQueueTokens} tokens that wait`, `${this.queueTokens + tokens}`);
    }
    this.queueTokens += tokens;
  }

  private wait(
    key: string,
    sequences: readonly Int32Array[],
    signal: AbortSignal | undefined,
  ): Promise<BatchResult<Row>> {
    return new Promise((resolve, reject) => {
      const request = new Request<Row>(key, sequences, this.options.now(), {
        resolve: (result) => {
          signal?.removeEventListener('abort', abort);
          resolve(result);
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', abort);
          reject(reason);
        },
      });
      const abort = (): void => this.fail(request, signal!.reason);
      signal?.addEventListener('abort', abort, { once: true });
      this.open.add(request);
      this.queue.add(request);
      this.wake();
    });
  }

  /** What runs of it already ends without it. */
  private fail(request: Request<Row>, reason: unknown): void {
    if (!this.open.delete(request)) return;
    this.queue.remove(request);
    for (const sequence of request.sequences.slice(request.started)) this.queueTokens -= weight(sequence);
    request.settle.reject(reason);
  }

  private wake(): void {
    if (this.scheduled || this.batches >= BATCHES_IN_FLIGHT) return;
    this.scheduled = true;
    this.options.schedule(() => {
      this.scheduled = false;
      while (this.batches < BATCHES_IN_FLIGHT && this.queue.size > 0) this.start(this.nextBatch());
    });
  }

  private batchLimit(): number {
    const { maxBatchTokens, maxBatchMs } = this.options;
    const { perSecond } = this.throughput;
    const timely =
      perSecond === undefined
        ? FIRST_BATCH_TOKENS
        : Math.max(LEAST_BATCH_TOKENS, (perSecond * maxBatchMs) / 1000);
    return Math.min(maxBatchTokens, timely);
  }

  private nextBatch(): Batch<Row> {
    const limit = this.batchLimit();
    const now = this.options.now();
    let request = this.queue.next();
    const batch: Batch<Row> = { entries: [], key: request!.key, tokens: 0 };
    while (request !== undefined) {
      const taken = request;
      const tokens = taken.nextTokens;
      if (batch.tokens > 0 && batch.tokens + tokens > limit) break;
      this.queue.take(taken, () => batch.entries.push({ request: taken, index: taken.start(now) }));
      batch.tokens += tokens;
      request = this.queue.next(batch.key);
    }
    this.queueTokens -= batch.tokens;
    return batch;
  }

  private async start(batch: Batch<Row>): Promise<void> {
    const { now } = this.options;
    const start = now();
    this.batches++;
    this.runningTokens += batch.tokens;
    let rows: readonly (Row | SequenceFailure)[] | undefined;
    let failure: BackendError | undefined;
    try {
      const sequences = batch.entries.map(({ request, index }) => request.sequences[index]!);
      rows = await this.options.run(sequences, batch.key);
      if (rows.length !== sequences.length) {
        throw new BackendError(expectation('rows', String(sequences.length), String(rows.length)));
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : describe(error);
      failure = new BackendError(message, { cause: error });
    }
    const end = now();
    this.batches--;
    this.runningTokens -= batch.tokens;
    if (failure === undefined) this.throughput.add(batch.tokens, start, end);
    this.wake();
    for (const [i, { request, index }] of batch.entries.entries()) {
      const row = rows?.[i];
      if (failure !== undefined) this.fail(request, failure);
      else if (row instanceof SequenceFailure) this.fail(request, row.reason(index));
      else if (request.end(index, row as Row) && this.open.delete(request)) {
        request.settle.resolve({ rows: request.rows, timings: request.timings(end) });
      }
    }
    this.onBatch?.({
      sequences: batch.entries.length,
      tokens: batch.tokens,
      ms: end - start,
      failed: failure !== undefined,
    });
  }
}

function weight(sequence: Int32Array): number {
  return Math.max(1, sequence.length);
}
