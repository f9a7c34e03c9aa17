/**
 * Work in steps of about a millisecond, on the event loop: what is short is done at once, long pieces of work take
 * turns, one step each, and between turns sockets and timers get theirs.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Milliseconds of work in one turn of the event loop, of all callers together. */
const TURN_MS = 2;

export class Turns {
  /** Milliseconds that the turn of the event loop has left for work; renewed by its next turn. */
  private left = TURN_MS;
  private renewing = false;
  private tail: Promise<void> = Promise.resolve();
  private waiting = 0;

  /** @param busy whether other threads keep the cores busy */
  constructor(private readonly busy: () => boolean = () => false) {}

  /** The result of the steps. An abort is seen between two of them. */
  async run<T>(steps: Generator<void, T, void>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      // Who comes behind others waits for a turn: work that is done at once would go before theirs for ever.
      if (this.left <= 0 || this.waiting > 0) await this.turn();
      signal?.throwIfAborted();
      const start = performance.now();
      const step = steps.next();
      this.left -= performance.now() - start;
      this.renew();
      if (step.done) return step.value;
    }
  }

  /** In the order of the calls, as much work in each turn as it has time for. */
  private turn(): Promise<void> {
    this.waiting++;
    this.tail = this.tail.then(async () => {
      if (this.left <= 0) {
        // A thread that never sleeps loses its core for whole scheduler ticks where others work on every core.
        if (this.busy()) await pause(1);
        // Timers that come due while timers are served go before sockets: they alone would not give these their turn.
        await nextTurn();
        this.left = TURN_MS;
      }
      this.waiting--;
    });
    return this.tail;
  }

  private renew(): void {
    if (this.renewing) return;
    this.renewing = true;
    setImmediate(() => {
      this.renewing = false;
      if (this.waiting === 0) this.left = TURN_MS;
    });
  }
}
