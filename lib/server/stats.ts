/** Live figures: what came in over the last seconds, and how long the last requests took. */

/** Rates are those of this many seconds. */
const WINDOW = 10;
/** Quantiles are those of at most this many requests, none older than a minute. */
const KEPT = 2048;
const OLDEST_MS = 60_000;

export interface Rates {
  requestsPerSecond: number;
  tokensPerSecond: number;
  /** Milliseconds; null when there was no request. */
  p50: number | null;
  p99: number | null;
}

export class Stats {
  /** By second, in a ring; the current second is still filling up. */
  readonly #requests = new Float64Array(WINDOW + 1);
  readonly #tokens = new Float64Array(WINDOW + 1);
  readonly #durations = new Float64Array(KEPT);
  readonly #times = new Float64Array(KEPT).fill(Number.NEGATIVE_INFINITY);
  readonly #now: () => number;
  readonly #start: number;
  #second: number;
  #next = 0;

  /** @param now milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#start = now();
    this.#second = Math.floor(this.#start / 1000);
  }

  /** One request is answered. */
  add(tokens: number, ms: number): void {
    const slot = this.#turn() % (WINDOW + 1);
    this.#requests[slot]! += 1;
    this.#tokens[slot]! += tokens;
    this.#durations[this.#next] = ms;
    this.#times[this.#next] = this.#now();
    this.#next = (this.#next + 1) % KEPT;
  }

  read(): Rates {
    const second = this.#turn();
    const current = second % (WINDOW + 1);
    const sum = (ring: Float64Array): number => ring.reduce((a, b) => a + b, 0) - ring[current]!;
    // A server that is younger than the window has not had all of it.
    const whole = Math.min(WINDOW, second - Math.floor(this.#start / 1000));
    const since = this.#now() - OLDEST_MS;
    const recent = this.#durations.filter((_, i) => this.#times[i]! >= since).sort();
    const quantile = (q: number): number | null =>
      recent.length === 0 ? null : recent[Math.min(recent.length - 1, Math.floor(q * recent.length))]!;
    return {
      requestsPerSecond: whole === 0 ? this.#requests[current]! : sum(this.#requests) / whole,
      tokensPerSecond: whole === 0 ? this.#tokens[current]! : sum(this.#tokens) / whole,
      p50: quantile(0.5),
      p99: quantile(0.99),
    };
  }

  /** Clears the seconds since the last call, in which nothing happened. */
  #turn(): number {
    const second = Math.floor(this.#now() / 1000);
    for (let s = Math.max(this.#second + 1, second - WINDOW); s <= second; s++) {
      this.#requests[s % (WINDOW + 1)] = 0;
      this.#tokens[s % (WINDOW + 1)] = 0;
    }
    this.#second = second;
    return second;
  }
}
