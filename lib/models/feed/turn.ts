/** When tokenization on the event loop's thread lets go of it. */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Milliseconds of tokenization after which the event loop gets its turn. */
const TURN_MS = 1;

export class Turn {
  private start = performance.now();

  /**
   * @param computing whether native jobs are running at the moment
   * @param signal its abort ends the work: `end` throws its reason
   */
  constructor(
    private readonly computing: () => boolean,
    private readonly signal?: AbortSignal,
  ) {}

  /** Tokenization goes on after something else had the thread. */
  begin(): void {
    this.start = performance.now();
  }

  get over(): boolean {
    return performance.now() - this.start > TURN_MS;
  }

  async end(): Promise<void> {
    // While jobs run on every core, a thread that never sleeps loses its core for whole scheduler ticks, and
    // with it the event loop; one that pauses keeps the right to it. Jobs take far longer than their texts.
    await (this.computing() ? pause(1) : nextTurn());
    this.signal?.throwIfAborted();
    this.begin();
  }
}
