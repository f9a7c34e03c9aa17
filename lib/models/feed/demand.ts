/** Whether native jobs wait for tokens. */

/** Batches over which it is judged. */
const WINDOW = 16;

export class TokenDemand {
  private running = 0;
  /** When the last job that ran ended. */
  private idleSince = 0;
  private batches = 0;
  private late = 0;

  /**
   * A job begins.
   * @param excused milliseconds since the call's last job began in which its source or its consumer was waited for;
   *   undefined for the first, before which nothing could run
   * @returns whether most jobs of late began after all others had ended, for want of tokens
   */
  begin(excused: number | undefined): boolean {
    const idle = this.running === 0 ? performance.now() - this.idleSince : 0;
    this.running++;
    if (excused === undefined) return false;
    if (idle > 2 * excused) this.late++;
    if (++this.batches < WINDOW) return false;
    const starving = this.late > WINDOW / 2;
    this.forget();
    return starving;
  }

  end(): void {
    if (--this.running === 0) this.idleSince = performance.now();
  }

  /** What was before a change says nothing about what comes after it. */
  forget(): void {
    this.batches = 0;
    this.late = 0;
  }
}
