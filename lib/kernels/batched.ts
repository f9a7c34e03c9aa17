/** Steps of a batch as one native operation, in which each thread carries whole sequences through all of them. */
import type { BatchedOperation } from '../native/addon.js';
import type { Steps } from './run.js';

/**
 * The steps, performed together: none may look at what an earlier one has computed, and what they compute for a
 * sequence may depend on that sequence only.
 */
export function* batchedSteps<T>(batch: number, steps: Steps<T>): Steps<T> {
  const operations: BatchedOperation[] = [];
  let step = steps.next();
  for (; !step.done; step = steps.next()) operations.push(step.value as BatchedOperation);
  if (operations.length > 0) yield { name: 'batched', options: { batch, operations } };
  return step.value;
}
