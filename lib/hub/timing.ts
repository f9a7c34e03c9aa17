/** How long the hub is waited for, and how often it is asked again. */
import { pause } from './pause.js';

export interface Timing {
  /** Requests made for the same thing before giving up. */
  readonly attempts: number;
  /** Pause after the first failure; doubled after each further one. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** A hub that asks for a longer pause than this is not waited for. */
  readonly maxRetryAfterMs: number;
  /** From the request to the head of its answer, connecting included. */
  readonly answerMs: number;
  /** Without a byte of the body. */
  readonly idleMs: number;
  /** Between signs of life that a download leaves for other processes. */
  readonly beatMs: number;
  /** A partial file without a sign of life for this long is nobody's. */
  readonly aliveMs: number;
  /** Between looks at another process' download. */
  readonly pollMs: number;
  /** Waits between requests and between looks; rejects with the signal's reason. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export const TIMING: Timing = {
  attempts: 5,
  backoffMs: 500,
  maxBackoffMs: 8000,
  maxRetryAfterMs: 60_000,
  answerMs: 30_000,
  idleMs: 30_000,
  beatMs: 2000,
  aliveMs: 10_000,
  pollMs: 250,
  pause,
};
