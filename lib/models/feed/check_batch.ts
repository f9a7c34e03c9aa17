/** Token ids that come from outside, checked before native code sees them. */
import { types } from 'node:util';
import { ArgumentError, describe, expectation } from '../../errors.js';
import { checkIntegers } from '../../tensor/typed_array.js';
import type { TokenBatch } from './batch.js';

export interface TokenLimits {
  vocabularySize: number;
  maxLength: number;
}

/** @throws ArgumentError unless these are ids of the vocabulary, in sequences that the model can read */
export function checkTokenBatch(batch: TokenBatch, { vocabularySize, maxLength }: TokenLimits): void {
  if (!types.isInt32Array(batch?.ids) || !types.isInt32Array(batch.offsets)) {
    throw new ArgumentError(
      expectation('batch', '{ ids: Int32Array, offsets: Int32Array }', describe(batch)),
    );
  }
  const ids = checkIntegers('ids', batch.ids);
  const offsets = checkIntegers('offsets', batch.offsets);
  if (offsets[0] !== 0 || offsets.at(-1) !== ids.length) {
    const ends = `${offsets[0]} to ${offsets.at(-1)}`;
    throw new ArgumentError(expectation('offsets', `numbers from 0 to ${ids.length}, the ids`, ends));
  }
  for (let i = 0; i + 1 < offsets.length; i++) {
    const length = offsets[i + 1]! - offsets[i]!;
    if (length < 0 || length > maxLength) {
      throw new ArgumentError(
        expectation(
          `offsets[${i + 1}]`,
          `0 to ${maxLength} tokens after ${offsets[i]}`,
          `${offsets[i + 1]}`,
          'length',
        ),
      );
    }
  }
  for (let i = 0; i < ids.length; i++) {
    if (ids[i]! < 0 || ids[i]! >= vocabularySize) {
      throw new ArgumentError(
        expectation(`ids[${i}]`, `a token id from 0 to ${vocabularySize - 1}`, String(ids[i]), 'vocabulary'),
      );
    }
  }
}
