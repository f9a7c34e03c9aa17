import { ArgumentError, expectation } from '../errors.js';
import { quoteName } from './quote_name.js';

/**
 * Index, from 0, of the column that a user names. A name goes before a number; numbers count from 1.
 * @param names the header, or undefined if there is none
 * @param count number of columns
 * @throws ArgumentError if there is none, or the name is there twice
 */
export function columnIndex(
  wanted: string,
  names: readonly string[] | undefined,
  count: number,
  source: string,
): number {
  const at = names?.indexOf(wanted) ?? -1;
  if (at >= 0) {
    if (names!.indexOf(wanted, at + 1) < 0) return at;
    throw new ArgumentError(
      expectation(source, `one column ${quoteName(wanted)}`, 'two (a number from 1 on chooses between them)'),
    );
  }
  const number = /^[1-9]\d{0,8}$/.test(wanted) ? Number(wanted) : 0;
  if (number >= 1 && number <= count) return number - 1;
  const shown = names?.slice(0, 8).map(quoteName).join(', ');
  const received = shown === undefined ? `${count} columns without names` : `the columns ${shown}`;
  const more = (names?.length ?? 0) > 8 ? ` and ${names!.length - 8} more` : '';
  throw new ArgumentError(expectation(source, `a column ${quoteName(wanted)}`, received + more));
}
