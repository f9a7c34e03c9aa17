/** Tokens a second, of late, while there was work. */

/** Weight of what is known already against one more batch. */
const MEMORY = 0.9;

export class Throughput {
  private tokens = 0;
  private ms = 0;
  private last = Number.NEGATIVE_INFINITY;

  /** A batch that ran from `start` to `end`, some of it beside others: time counts once. */
  add(tokens: number, start: number, end: number): void {
    this.tokens = MEMORY * this.tokens + tokens;
    this.ms = MEMORY * this.ms + Math.max(0, end - Math.max(start, this.last));
    this.last = end;
  }

  /** undefined before any work was seen. */
  get perSecond(): number | undefined {
    return this.ms > 0 ? (1000 * this.tokens) / this.ms : undefined;
  }
}
