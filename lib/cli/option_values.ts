/** From the text of an option to its value. */
import { ArgumentError, expectation } from '../errors.js';

export function refuse(name: string, expected: string, text: string): never {
  throw new ArgumentError(expectation(name, expected, JSON.stringify(text), 'range'));
}

export function positiveInteger(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
      refuse(name, 'a positive integer', text);
    }
    return value;
  };
}

export function oneOf<T extends string>(name: string, values: readonly T[]): (text: string) => T {
  const expected = `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;
  return (text) => values.find((value) => value === text) ?? refuse(name, expected, text);
}
