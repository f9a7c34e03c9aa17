/**
 * How every kernel and layer runs: as a generator of native operations ("steps"). One body serves both faces:
 * `runSync` performs the steps on the calling thread, `runAsync` awaits each of them on the pool.
 */
import type { NativeOperations, OperationName } from '../native/addon.js';
import { addon } from '../native/load.js';
import { readSignal } from '../options.js';
import { during, type NativeArray, Run } from './own_arrays.js';

export type Operation = { [K in OperationName]: { name: K; options: NativeOperations[K] } }[OperationName];
export type Steps<T> = Generator<Operation, T, void>;

export interface Abortable {
  /** Aborting rejects with the signal's reason before the next native operation starts. */
  signal?: AbortSignal;
}

/** Runs the generator's own `finally` blocks where an operation failed or was never started. */
function end(steps: Steps<unknown>, run: Run): void {
  during(run, () => steps.return(undefined));
}

/** @param run made before, for layers */
export function runSync<T>(steps: Steps<T>, run = new Run(false)): T {
  const native = addon() as unknown as Record<string, (options: unknown) => void>;
  try {
    for (;;) {
      const step = during(run, () => steps.next());
      if (step.done) return step.value;
      native[step.value.name]!(step.value.options);
    }
  } finally {
    end(steps, run);
  }
}

type AsyncOperation = (options: unknown, own: readonly NativeArray[]) => Promise<void>;

/** @param run made before, where arrays belong to it already */
export async function runAsync<T>(steps: Steps<T>, signal?: AbortSignal, run = new Run(true)): Promise<T> {
  const native = addon() as unknown as Record<string, AsyncOperation>;
  const abort = readSignal(signal);
  try {
    for (;;) {
      abort?.throwIfAborted();
      const step = during(run, () => steps.next());
      if (step.done) return step.value;
      await native[`${step.value.name}Async`]!(step.value.options, [...run.arrays]);
    }
  } finally {
    end(steps, run);
  }
}
