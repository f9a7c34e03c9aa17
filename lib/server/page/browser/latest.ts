/** Tasks of which only the latest call counts. */
import { say } from './alert.js';
import { Refusal, session } from './request.js';
import { capital } from './text.js';

const LONGEST_WAIT_S = 60;

/** Seconds until a refused task is tried again, undefined for one that is not. */
function secondsToWait({ status, retryAfter }: Refusal): number | undefined {
  // The negation catches NaN too.
  if (status !== 429 || !(retryAfter >= 0 && retryAfter <= LONGEST_WAIT_S)) return undefined;
  return Math.max(1, retryAfter);
}

/**
 * A later call aborts the one before it, and what is aborted says nothing.
 * @param alertId the place where a refusal is told
 */
export function latest(alertId: string, task: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  let current: AbortController | undefined;
  let timer: number | undefined;

  function refused(refusal: Refusal): void {
    // The form that asks for the key says it first.
    if (refusal.status === 401 && session.key === '') return;
    const seconds = secondsToWait(refusal);
    const next = seconds === undefined ? '' : ` (next try in ${seconds} s)`;
    say(alertId, capital(refusal.message) + next);
    if (seconds !== undefined) timer = setTimeout(run, 1000 * seconds);
  }

  async function run(): Promise<void> {
    clearTimeout(timer);
    current?.abort();
    current = new AbortController();
    const { signal } = current;
    try {
      await task(signal);
      if (!signal.aborted) say(alertId, '');
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) throw error;
      refused(error);
    }
  }
  return run;
}
