/** What the server counts: the figures of the last seconds, and series for Prometheus. */
import { Series } from './series.js';
import { Stats } from './stats.js';

/** Of one answered request; milliseconds. */
export interface Answered {
  method: Method;
  /** Texts, or arrays of token ids. */
  inputs: number;
  tokens: number;
  totalMs: number;
  tokenizationMs: number;
  queueMs: number;
  inferenceMs: number;
}

/** One input alone or several in an array. */
export type Method = 'single' | 'batch';

export interface QueueState {
  requests: number;
  queueTokens: number;
}

export class Metrics {
  readonly stats = new Stats();
  readonly #queues: () => ReadonlyMap<string, QueueState>;
  #made: Series | undefined;

  /** @param queues by name of the model, read whenever metrics are */
  constructor(queues: () => ReadonlyMap<string, QueueState>) {
    this.#queues = queues;
  }

  /** Not before the first request, or when the server is ready, needs them. */
  get series(): Series {
    this.#made ??= new Series(this.#queues);
    return this.#made;
  }

  answered(answer: Answered): void {
    this.series.answered(answer);
    this.stats.add(answer.tokens, answer.totalMs);
  }
}
