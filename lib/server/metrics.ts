/** What the server counts: the figures of the last seconds, and series for Prometheus. */
import type { Answered, QueueState } from './counted.js';
import { Series } from './series.js';
import { Stats } from './stats.js';

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
