/**
 * Options objects: a name that nobody reads is a mistake and never silently taken. The hot path pays one look into a
 * set for each option that is given.
 */
import { ArgumentError, describe, expectation } from './errors.js';

/** Names, or where some of `T` are missing, a type that no names have and that shows those. */
type All<T extends string, N extends readonly T[]> = [Exclude<T, N[number]>] extends [never]
  ? N
  : { missing: Exclude<T, N[number]> }[];

/**
 * Names of options as a set: `optionNames<keyof Options>()('first', 'second')`. A name that is missing does not compile,
 * so that a new option cannot be forgotten where it is checked.
 */
export function optionNames<T extends string>(): <const N extends readonly T[]>(
  ...names: N & All<T, N>
) => ReadonlySet<string> {
  return (...names) => new Set<string>(names as readonly T[]);
}

/**
 * @param where function or class whose options they are, the subject of the error
 * @param options undefined counts as none
 * @throws ArgumentError on what is no object, and on a name that is not in `known`
 */
export function checkOptions(where: string, known: ReadonlySet<string>, options: unknown): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(expectation(`${where}: options`, 'an object', describe(options), 'type'), {
      argument: 'options',
    });
  }
  for (const name of Object.keys(options)) {
    if (!known.has(name)) throw unknownOption(where, name, known);
  }
}

/** Longer paths exist nowhere, and messages show the path. */
const LONGEST_PATH = 4096;

/** A path that the file system can be asked for. @throws ArgumentError */
export function checkPath(name: string, path: unknown): string {
  if (typeof path !== 'string' || path === '' || path.length > LONGEST_PATH || path.includes('\0')) {
    throw new ArgumentError(
      expectation(name, 'a path', describe(path), typeof path === 'string' ? 'range' : 'type'),
    );
  }
  return path;
}

/** Whether all items of a list are valid; `every` passes over the holes of an array, which may be its whole length. */
export function allItems(list: readonly unknown[], valid: (item: unknown) => boolean): boolean {
  return list.findIndex((item) => !valid(item)) === -1;
}

/** The error about an option that does not exist, with the name that was probably meant. */
export function unknownOption(where: string, name: string, known: Iterable<string>): ArgumentError {
  const names = [...known];
  const near = nearestName(name, names);
  const expected = names.length === 0 ? 'no options' : `options among ${names.join(', ')}`;
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`;
  const received = `${describe(name)}, an unknown option${hint}`;
  return new ArgumentError(expectation(where, expected, received, 'unknown'), { argument: name });
}

/** Longer names are not compared: the comparison takes the product of both lengths. */
const LONGEST_NAME = 64;

/** The one of `names` that `name` was probably meant to be. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const plain = plainName(name);
  let best: string | undefined;
  // A third of the letters may differ: enough for a slip of the hand, too little for another word.
  let least = Math.floor(Math.max(plain.length, 3) / 3) + 1;
  for (const candidate of names) {
    const distance = editDistance(plain, plainName(candidate));
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** use_causal_mask, use-causal-mask and useCausalMask are the same name in other languages. */
function plainName(name: string): string {
  return name.replace(/[_\s-]/g, '').toLowerCase();
}

/** Insertions, deletions, replacements and exchanges of neighbours (restricted Damerau-Levenshtein distance). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}

/** What every signal has, whoever made its class. */
interface SignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once: boolean }): void;
}

/** Signals of this realm for those of others, so that each of these has one listener of ours. */
const followers = new WeakMap<object, AbortSignal>();

/**
 * The signal as one of this realm, which fetch and the file system insist on. An AbortSignal of another realm (a vm
 * context) or of another class (a polyfill) is followed.
 * @throws ArgumentError
 */
export function readSignal(value: unknown, name = 'signal'): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value as AbortSignal | undefined;
  if (!isSignal(value)) throw new ArgumentError(expectation(name, 'an AbortSignal', describe(value), 'type'));
  const known = followers.get(value);
  if (known !== undefined) return known;
  const controller = new AbortController();
  // Without a reason of its own, the controller makes the usual AbortError.
  const abort = () => controller.abort(value.reason);
  if (value.aborted) abort();
  else value.addEventListener('abort', abort, { once: true });
  followers.set(value, controller.signal);
  return controller.signal;
}

function isSignal(value: unknown): value is SignalLike {
  if (typeof value !== 'object' || value === null) return false;
  const { aborted, addEventListener } = value as Partial<SignalLike>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
