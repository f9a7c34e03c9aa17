/** Options of layers: a table of readers, one an option. Unknown options are refused as Keras refuses them. */
import { ArgumentError, describe, expectation } from '../errors.js';
import { allItems, unknownOption } from '../options.js';
import { checkBoolean, checkPositiveInteger } from '../tensor/shape.js';
import { inLayer } from './layer_error.js';

/** Checks the value of the option `name` (undefined where it is not given) and fills in its default. */
export type Reader<T> = (value: unknown, name: string) => T;
export type ReadersOf<C> = { [K in keyof C]-?: Reader<C[K]> };

/** @throws ArgumentError on an option that is missing, wrong or unknown */
export function readConfig<C extends object>(layer: string, readers: ReadersOf<C>, config: unknown): C {
  return inLayer(layer, () => {
    if (typeof config !== 'object' || config === null || Array.isArray(config)) {
      throw new ArgumentError(expectation('config', 'an object of options', describe(config)));
    }
    const given = config as Record<string, unknown>;
    const names = Object.keys(readers);
    const unknown = Object.keys(given).find((name) => !names.includes(name));
    if (unknown !== undefined) throw unknownOption(layer, unknown, names);
    const read = Object.entries<Reader<unknown>>(readers);
    return Object.fromEntries(read.map(([name, reader]) => [name, reader(given[name], name)])) as C;
  });
}

const orDefault =
  <T>(check: (name: string, value: unknown) => T, fallback: T): Reader<T> =>
  (value, name) =>
    value === undefined ? fallback : check(name, value);

export const positive: Reader<number> = (value, name) => checkPositiveInteger(name, value);

export const positiveOr = (fallback: number): Reader<number> => orDefault(checkPositiveInteger, fallback);

export const positiveOrNull: Reader<number | null> = (value, name) =>
  value === undefined || value === null ? null : checkPositiveInteger(name, value);

export const flag = (fallback: boolean): Reader<boolean> => orDefault(checkBoolean, fallback);

/** A reader of values that `valid` accepts, described as `expected`. */
const valueOr = <T>(fallback: T, expected: string, valid: (value: unknown) => boolean): Reader<T> =>
  orDefault((name, value) => {
    if (!valid(value)) throw new ArgumentError(expectation(name, expected, describe(value)));
    return value as T;
  }, fallback);

const text = (fallback: string): Reader<string> =>
  valueOr(fallback, 'a string', (value) => typeof value === 'string');

const integerOr = (fallback: number): Reader<number> => valueOr(fallback, 'an integer', Number.isSafeInteger);

export const rate: Reader<number> = valueOr(
  0,
  'a number from 0 to below 1',
  (value) => typeof value === 'number' && value >= 0 && value < 1,
);

export const positiveNumberOr = (fallback: number): Reader<number> =>
  valueOr(
    fallback,
    'a positive number',
    (value) => typeof value === 'number' && Math.fround(value) > 0 && Number.isFinite(Math.fround(value)),
  );

export const oneOf = <T extends string>(values: readonly T[], fallback: T): Reader<T> =>
  valueOr(fallback, values.map((v) => JSON.stringify(v)).join(' or '), (value) =>
    values.includes(value as T),
  );

/** One integer or several, as a list; null where nothing is given. */
export const integers =
  (expected: string, valid: (n: number) => boolean): Reader<readonly number[] | null> =>
  (value, name) => {
    if (value === undefined || value === null) return null;
    const list = typeof value === 'number' ? [value] : value;
    if (
      !Array.isArray(list) ||
      list.length === 0 ||
      !allItems(list, (n) => Number.isSafeInteger(n) && valid(n as number))
    ) {
      throw new ArgumentError(expectation(name, expected, describe(value)));
    }
    return [...(list as number[])];
  };

/** Options that every layer has. */
export interface CommonConfig {
  name: string;
  seed: number;
}

export const commonReaders = (name: string): ReadersOf<CommonConfig> => ({
  name: text(name),
  seed: integerOr(0),
});
