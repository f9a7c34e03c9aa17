/** Asks again, a bounded number of times and ever more slowly. */
import { HubFailure } from './failure.js';
import type { Timing } from './timing.js';

function delay(failure: HubFailure, failures: number, timing: Timing): number {
  const backoff = Math.min(timing.maxBackoffMs, timing.backoffMs * 2 ** (failures - 1));
  // Spread, so that many processes that failed together do not come back together.
  return Math.max(failure.retryAfterMs ?? 0, backoff * (0.5 + Math.random() / 2));
}

/**
 * @param progressed whether the last attempt, though it failed, brought enough not to count
 * @throws HubFailure of the last attempt
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  timing: Timing,
  signal: AbortSignal | undefined,
  progressed: () => boolean = () => false,
): Promise<T> {
  for (let failures = 0; ; ) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof HubFailure) || !error.transient) throw error;
      failures = progressed() ? 1 : failures + 1;
      if (failures >= timing.attempts || (error.retryAfterMs ?? 0) > timing.maxRetryAfterMs) throw error;
      await timing.pause(delay(error, failures, timing), signal);
    }
  }
}
