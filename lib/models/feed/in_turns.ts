/** Long work on the event loop, in pieces: between them timers and sockets get their turn. */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work in one piece. */
const TURN_MS = 4;

/**
 * Calls `work` for 0 to n - 1.
 * @param stride calls between two looks at the clock, together far shorter than a piece
 */
export async function inTurns(
  n: number,
  stride: number,
  work: (i: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  let start = performance.now();
  for (let begin = 0; begin < n; begin += stride) {
    const end = Math.min(begin + stride, n);
    for (let i = begin; i < end; i++) work(i);
    if (performance.now() - start > TURN_MS) {
      await nextTurn();
      signal?.throwIfAborted();
      start = performance.now();
    }
  }
}
