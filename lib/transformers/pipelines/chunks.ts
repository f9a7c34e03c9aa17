/** Many texts in portions, so that states and scores of a few are in memory at a time. */

import { ArgumentError, describe, expectation, NonFiniteError } from '../../errors.js';
import { failureError, NO_FAILURES, throwFailure, withRowsChecked } from '../../models/feed/encode_job.js';
import { allocateFloats } from '../../tensor/allocate.js';
import type { Tensor } from '../../tensor/tensor.js';
import { Head } from '../heads/head.js';

/** Texts whose states are held at once: 32 of 512 tokens and 768 numbers are 50 MB. */
const PORTION = 32;

/** @throws NonFiniteError whose index is that of the text among all */
export async function inPortions<R>(
  texts: readonly string[],
  run: (texts: readonly string[]) => Promise<readonly R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < texts.length; at += PORTION) {
    const portion = await run(texts.slice(at, at + PORTION)).catch((error: unknown) => {
      throw error instanceof NonFiniteError ? failureError('not finite', at + error.index) : error;
    });
    results.push(...portion);
  }
  return results;
}

/** The logits of texts, a row each. @throws NonFiniteError of the first row that is not finite */
export function checkLogits(logits: Tensor): Tensor {
  throwFailure(withRowsChecked(NO_FAILURES, logits.data, logits.shape.at(-1)!));
  return logits;
}

/** Pipelines are made by `pipeline()`, which loads what stands on top of the model. */
export function checkHead(name: string, head: unknown): void {
  if (head instanceof Head) return;
  throw new ArgumentError(expectation(name, 'the head that pipeline() loads', describe(head)));
}

/** One row of each text, end to end: [texts, columns]. */
export function rowsOf(rows: readonly Float32Array[], columns: number): Float32Array {
  const out = allocateFloats([rows.length, columns]);
  for (const [i, row] of rows.entries()) out.set(row, i * columns);
  return out;
}
