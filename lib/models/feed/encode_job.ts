/** One native job of a model, and which of its texts have no result. */
import {
  FileError,
  ModelError,
  type NativeError,
  NonFiniteError,
  type SyntheticAttentionError,
} from '../../errors.js';
import { addon } from '../../native/load.js';
import { type EncodeOptions as EncodeJob, EncodeOutput } from '../../native/program.js';
import type { LoadedModel } from '../architectures/loaded_model.js';
import type { TokenBatch } from './batch.js';

/** Why a text has no result: 'not finite', or a sentence about the weights file. */
export type FailureReason = 'not finite' | { problem: string };

/** Sequences of a batch that have no result, by index; their rows are zeros. */
export type Failures = ReadonlyMap<number, FailureReason>;

export const NO_FAILURES: Failures = new Map();

export interface EncodeJobOptions {
  output: keyof typeof EncodeOutput;
  /** Leading tokens that averages and maxima leave out. */
  skip?: number;
  normalize?: boolean;
  out: Float32Array;
  /** Where to write the attention weights of the only sequence. */
  attention?: Float32Array;
}

export async function encodeJob(
  model: Pick<LoadedModel, 'handle'>,
  batch: TokenBatch,
  { output, normalize = false, ...options }: EncodeJobOptions,
): Promise<Failures> {
  const { ids, offsets } = batch;
  const job: EncodeJob = {
    program: model.handle,
    ids,
    offsets,
    output: EncodeOutput[output],
    normalize,
    ...options,
  };
  try {
    const failed = await addon().encodeAsync(job);
    if (failed === undefined) return NO_FAILURES;
    const { notFinite, unread, problem } = failed;
    const failures = new Map<number, FailureReason>();
    for (const index of notFinite) failures.set(index, 'not finite');
    for (const index of unread) failures.set(index, { problem });
    return failures;
  } catch (cause) {
    // A tokenizer may know tokens that the model does not; only a text that has them tells.
    const { message, argument } = cause as NativeError;
    if (argument !== 'ids') throw cause;
    throw new ModelError(`the tokenizer's ${message}`, { cause, argument, reason: 'vocabulary' });
  }
}

/**
 * Adds the rows that hold NaN or an infinity.
 * @param rows [n, columns]; those of failures become zeros
 */
export function withRowsChecked(failures: Failures, rows: Float32Array, columns: number): Failures {
  let all = failures;
  for (let i = 0, at = 0; at < rows.length; i++, at += columns) {
    const row = rows.subarray(at, at + columns);
    if (!failures.has(i)) {
      if (allFinite(row)) continue;
      all = new Map(all).set(i, 'not finite');
    }
    row.fill(0);
  }
  return all;
}

/** Whether no number is NaN or infinite. */
export function allFinite(numbers: Float32Array): boolean {
  // What is not finite has no product with 0 that is: one multiplication a number, and no branch.
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! * 0;
  return sum === 0;
}

/** @param index of the text in what the caller gave */
export function failureError(reason: FailureReason, index: number): SyntheticAttentionError {
  if (reason !== 'not finite') return new FileError(reason.problem);
  return new NonFiniteError(
    `text ${index}: the model gives numbers that are not finite (NaN or an infinity) for it`,
    index,
  );
}

/**
 * @param first index of the first sequence in what the caller gave
 * @throws NonFiniteError, FileError of the first sequence that has no result
 */
export function throwFailure(failures: Failures, first = 0): void {
  if (failures.size === 0) return;
  const index = Math.min(...failures.keys());
  throw failureError(failures.get(index)!, first + index);
}

/** Calls `onFailure` for every sequence that has no result; without one, `throwFailure`. */
export function reportFailures(
  failures: Failures,
  onFailure: ((index: number, error: SyntheticAttentionError) => void) | undefined,
): void {
  if (onFailure === undefined) throwFailure(failures);
  else for (const [index, reason] of failures) onFailure(index, failureError(reason, index));
}
