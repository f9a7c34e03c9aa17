/** Which record of the input a text without an embedding is. */
import { NonFiniteError } from '../errors.js';
import type { Selection } from './selection.js';

/** The error of a text that has no embedding, with the number of its record in the input. */
export function namingRecord(error: unknown, record: (index: number) => number): unknown {
  if (!(error instanceof NonFiniteError)) return error;
  return new NonFiniteError(
    `record ${record(error.index)} of the input: the model gives numbers that are not finite (NaN or an infinity) for it`,
    error.index,
    { cause: error },
  );
}

/** The same batches. */
export async function* namingRecords<T>(
  batches: AsyncGenerator<T, void, undefined>,
  selection: Selection,
): AsyncGenerator<T, void, undefined> {
  try {
    yield* batches;
  } catch (error) {
    throw namingRecord(error, (index) => selection.record(index));
  }
}
