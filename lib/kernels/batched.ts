/** Steps of a batch as one native operation, in which each thread carries whole sequences through all of them. */
import type { BatchedOperation } from '../native/addon.js';
import type { Steps } from './run.js';
import { postponeRelease } from './scratch.js';

/**
 * The steps, performed together: none may look at what an earlier one has computed, and what they compute for a
 * sequence may depend on that sequence only. Steps of layers inside may be together already.
 */
export function* batchedSteps<T>(batch: number, steps: Steps<T>): Steps<T> {
  const { result, released } = postponeRelease(() => collect(steps));
  const { operations, value } = result;
  try {
    if (operations.length > 0) yield { name: 'batched', options: { batch, operations } };
  } finally {
    for (const scratch of released) scratch.release();
  }
  return value;
}

function collect<T>(steps: Steps<T>): { operations: BatchedOperation[]; value: T } {
  const operations: BatchedOperation[] = [];
  let step = steps.next();
  for (; !step.done; step = steps.next()) {
    if (step.value.name === 'batched') operations.push(...step.value.options.operations);
    else operations.push(step.value as BatchedOperation);
  }
  return { operations, value: step.value };
}
