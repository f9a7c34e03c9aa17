/**
 * Threads that tokenize beside the event loop: none until native jobs are seen to wait for tokens, or as many as asked
 * for. They keep no process alive, and end with `dispose`.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { ArgumentError, describe, expectation, FileError, SyntheticAttentionError } from '../../errors.js';
import { installedRoot } from '../../package_root.js';
import type { JsonObject } from '../directory/json_file.js';
import type { Tokenizer, TokenizerOptions } from '../tokenizer/tokenizer.js';
import { TokenDemand } from './demand.js';
import type { Slice } from './slice.js';
import type { ThreadData, ThreadMessage, ThreadTask } from './worker.js';

export type TokenizerWorkers = number | 'auto';

/** Each has a tokenizer of its own in memory. */
const MOST = 64;
/** That many tokenize for a hundred cores. */
const MOST_AUTO = 4;
/** A thread has its next slice before it asks. */
const THREAD_SLICES = 2;
/** Milliseconds after which a thread of 'auto' without work gives its memory back. */
const IDLE_MS = 60_000;

interface Thread {
  worker: Worker;
  /** Has made its tokenizer. */
  ready: boolean;
  slices: Map<number, Slice>;
  /** Ends it when it has been idle for long. */
  timer?: NodeJS.Timeout;
}

export interface TokenWorkersOptions {
  workers: TokenizerWorkers;
  /** What a thread runs. */
  file?: string;
  /** Most threads of 'auto'. */
  most?: number;
}

export function checkTokenizerWorkers(value: unknown): TokenizerWorkers {
  if (value === 'auto' || (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MOST)) {
    return value as TokenizerWorkers;
  }
  throw new ArgumentError(
    expectation('tokenizerWorkers', `"auto" or an integer from 0 to ${MOST}`, describe(value)),
  );
}

export class TokenWorkers {
  /** The event loop's own. */
  readonly tokenizer: Tokenizer;
  readonly demand = new TokenDemand();
  private readonly data: ThreadData;
  private readonly auto: boolean;
  private readonly file: string;
  private most: number;
  private threads: Thread[] = [];
  /** Slices that no thread has yet. */
  private queue: Slice[] = [];
  private tasks = 0;
  /** Of a thread that never was ready; for the next call. */
  private failure: Error | undefined;

  /** @throws FileError when a number of threads is asked for and what they run is not there */
  constructor(
    tokenizer: Tokenizer,
    tokenizerFile: JsonObject,
    options: TokenizerOptions,
    { workers, file, most }: TokenWorkersOptions,
  ) {
    this.tokenizer = tokenizer;
    this.data = { source: tokenizerFile.source, values: tokenizerFile.values, options };
    this.auto = workers === 'auto';
    // Sources are no thread's to run, and bundles of other programs do not have it: it is always this file.
    this.file = file ?? join(installedRoot() ?? '', 'dist', 'models', 'feed', 'worker.cjs');
    this.most = workers === 'auto' ? (most ?? Math.min(MOST_AUTO, availableParallelism() - 1)) : workers;
    if (this.most > 0 && !existsSync(this.file)) {
      if (!this.auto) throw new FileError(expectation(this.file, 'what tokenizer workers run', 'no file'));
      this.most = 0;
    }
    this.begin();
  }

  /** Slices that the threads can hold, those included that are not ready yet. */
  get room(): number {
    return this.threads.length * THREAD_SLICES;
  }

  /** Whether there is a thread that takes slices. */
  get ready(): boolean {
    return this.threads.some(({ ready }) => ready);
  }

  /** A call begins: threads that were asked for and are gone are started anew. */
  begin(): void {
    const { failure } = this;
    this.failure = undefined;
    if (failure && !this.auto) throw failure;
    while (!this.auto && this.threads.length < this.most) this.start();
  }

  /** A native job begins; see `TokenDemand`. */
  jobBegins(excused: number | undefined): void {
    // While a thread makes its tokenizer, what is seen is still the time before it.
    if (!this.threads.every(({ ready }) => ready)) this.demand.forget();
    const starving = this.demand.begin(excused);
    if (starving && this.auto && this.threads.length < this.most) this.start();
  }

  /** The first thread that has room takes the slice. */
  offer(slice: Slice): void {
    this.queue.push(slice);
    this.dispatch();
  }

  /** Takes back a slice that no thread has; false when one has it. */
  claim(slice: Slice): boolean {
    const at = this.queue.indexOf(slice);
    if (at >= 0) this.queue.splice(at, 1);
    return at >= 0;
  }

  /** What threads have not finished is left to the event loop. */
  dispose(): void {
    const { threads } = this;
    this.most = 0;
    this.threads = [];
    for (const { worker, slices, timer } of threads) {
      clearTimeout(timer);
      worker.terminate().catch(() => {});
      for (const slice of slices.values()) {
        this.queue.push(slice);
        slice.settled();
      }
    }
  }

  private start(): void {
    let worker: Worker;
    try {
      // None of the process's flags: loaders and inspectors are not meant for it.
      worker = new Worker(this.file, { workerData: this.data, execArgv: [], name: 'tokenizer' });
    } catch (cause) {
      // Threads may be forbidden, by Node's permission model.
      this.most = this.auto ? this.threads.length : this.most;
      if (this.auto) return;
      throw failed((cause as Error).message, cause);
    }
    const thread: Thread = { worker, ready: false, slices: new Map() };
    this.threads.push(thread);
    worker.on('message', (message: ThreadMessage) => this.receive(thread, message));
    worker.on('error', (error) => this.lose(thread, failed(error.message, error)));
    worker.on('exit', (code) => this.lose(thread, failed(`its end with exit code ${code}`)));
    // Last: to listen to a thread takes hold of the process again.
    worker.unref();
  }

  private dispatch(): void {
    for (;;) {
      const slice = this.queue.find(({ long }) => !long);
      const free = this.threads.filter(({ ready, slices }) => ready && slices.size < THREAD_SLICES);
      if (slice === undefined || free.length === 0) return;
      const thread = free.reduce((a, b) => (b.slices.size < a.slices.size ? b : a));
      this.claim(slice);
      const id = this.tasks++;
      const task: ThreadTask = { id, prompt: slice.prompt, texts: slice.texts };
      if (thread.slices.size === 0) thread.worker.ref();
      thread.slices.set(id, slice);
      thread.worker.postMessage(task);
    }
  }

  private receive(thread: Thread, message: ThreadMessage): void {
    if (!this.threads.includes(thread)) return;
    if (message === 'ready') {
      thread.ready = true;
      if (this.auto) thread.timer = setTimeout(() => this.rest(thread), IDLE_MS).unref();
    } else {
      const { id, ids, offsets } = message;
      const slice = thread.slices.get(id)!;
      thread.slices.delete(id);
      thread.timer?.refresh();
      if (thread.slices.size === 0) thread.worker.unref();
      slice.tokens = { ids, offsets };
      slice.settled();
    }
    this.dispatch();
  }

  private rest(thread: Thread): void {
    if (thread.slices.size > 0) return;
    this.threads = this.threads.filter((other) => other !== thread);
    thread.worker.terminate().catch(() => {});
  }

  /** A thread has thrown or ended: the calls whose slices it had fail, later ones do without it or start it anew. */
  private lose(thread: Thread, error: Error): void {
    if (!this.threads.includes(thread)) return;
    this.threads = this.threads.filter((other) => other !== thread);
    clearTimeout(thread.timer);
    if (!thread.ready) {
      this.failure = error;
      // It would not start the next time either.
      if (this.auto) this.most = 0;
    }
    for (const slice of thread.slices.values()) {
      slice.error = error;
      slice.settled();
    }
  }
}

function failed(received: string, cause?: unknown): SyntheticAttentionError {
  return new SyntheticAttentionError(
    'ERR_WORKER',
    expectation('tokenizer worker', 'ids of texts', received),
    {
      cause,
    },
  );
}
