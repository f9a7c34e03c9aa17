/** Signals that end a command: the first aborts the work, a second one ends the process at once. */
import { Interruption } from './failure.js';

const SIGNALS: ReadonlyMap<NodeJS.Signals, number> = new Map([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]);

export interface InterruptGuard {
  signal: AbortSignal;
  release(): void;
}

/**
 * @param cleanUp what must happen even if the process ends at once; synchronous
 * @param outcome what the user is told of the output
 */
export function guardInterrupts(cleanUp: () => void, outcome?: string): InterruptGuard {
  const controller = new AbortController();
  const handlers = [...SIGNALS].map(([name, exitCode]) => {
    const handler = (): void => {
      cleanUp();
      if (controller.signal.aborted) process.exit(exitCode);
      controller.abort(new Interruption(name, exitCode, outcome));
    };
    process.on(name, handler);
    return { name, handler };
  });
  return {
    signal: controller.signal,
    release() {
      for (const { name, handler } of handlers) process.off(name, handler);
    },
  };
}
