/**
 * How every kernel and layer runs: as a generator of native operations ("steps"). One body serves both faces:
 * `runSync` performs the steps on the calling thread, `runAsync` awaits each of them on the pool.
 */
import type { NativeOperations, OperationName } from '../native/addon.js';
import { addon } from '../native/load.js';
import { readSignal } from '../options.js';

export type Operation = { [K in OperationName]: { name: K; options: NativeOperations[K] } }[OperationName];
export type Steps<T> = Generator<Operation, T, void>;

export interface Abortable {
  /** Aborting rejects with the signal's reason before the next native operation starts. */
  signal?: AbortSignal;
}

/** Runs the generator's own `finally` blocks where an operation failed or was never started. */
function end(steps: Steps<unknown>): void {
  steps.return(undefined);
}

export function runSync<T>(steps: Steps<T>): T {
  const native = addon() as unknown as Record<string, (options: unknown) => void>;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      native[step.value.name]!(step.value.options);
    }
  } finally {
    end(steps);
  }
}

export async function runAsync<T>(steps: Steps<T>, signal?: AbortSignal): Promise<T> {
  const native = addon() as unknown as Record<string, (options: unknown) => Promise<void>>;
  const abort = readSignal(signal);
  try {
    for (;;) {
      abort?.throwIfAborted();
      const step = steps.next();
      if (step.done) return step.value;
      await native[`${step.value.name}Async`]!(step.value.options);
    }
  } finally {
    end(steps);
  }
}
