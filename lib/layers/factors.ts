/** The option `factors` of factorized dense scores. */
import { ArgumentError, describe, expectation } from '../errors.js';
import { nearestFactors } from './scores/factorized_dense.js';

/** What a layer for longer inputs would hold is larger than any memory, and its factors take long to find. */
const LONGEST = 2 ** 31;

/** [a, b] with a * b = maxLength; by default the two that lie nearest to each other. */
export function readFactors(layer: string, maxLength: number, value: unknown): [number, number] {
  if (maxLength > LONGEST) {
    throw new ArgumentError(expectation(layer, `maxLength of at most ${LONGEST}`, String(maxLength)));
  }
  if (value === undefined || value === null) return nearestFactors(maxLength);
  const [a, b] = Array.isArray(value) ? value : [];
  const valid =
    Array.isArray(value) && value.length === 2 && value.every((n) => Number.isSafeInteger(n) && n > 0);
  if (!valid || a * b !== maxLength) {
    const expected = `factors to be two positive integers with product ${maxLength} (maxLength)`;
    throw new ArgumentError(expectation(layer, expected, describe(value)));
  }
  return [a, b];
}
