/** Parts of tokenizer.json: objects that name their `type`. */
import { expectation, ModelError } from '../../errors.js';
import { isObject, JsonObject } from '../directory/json_file.js';
import { Expression } from './regex/expression.js';
import { escapeLiteral } from './regex/parse.js';
import { ExpressionError } from './regex/tree.js';

/** Characters of an expression that an error shows. */
const SHOWN = 200;

/** The array of objects under `key`. */
export function components(parent: JsonObject, key: string): JsonObject[] {
  const value = parent.get(key) ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) parent.fail(key, 'an array of objects');
  return value.map((entry, i) => new JsonObject(`${parent.source}: ${key}[${i}]`, entry));
}

/** Parts within parts, which are made by functions that call themselves. Models have two or three. */
const NESTING = 20;
/** Keys of the parts that a Sequence has. */
const PARTS = ['normalizers', 'pretokenizers', 'processors'];

/** Refuses a part that holds parts, deeper than anything sensible. */
export function checkNesting(file: JsonObject, key: string): void {
  let level = [file.get(key)];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > NESTING) file.fail(key, `at most ${NESTING} parts within each other`, 'more of them');
    level = level.filter(isObject).flatMap((part) => PARTS.flatMap((name) => part[name] ?? []));
  }
}

/** Makes what the object's `type` names. */
export function create<T>(from: JsonObject, kinds: Readonly<Record<string, (from: JsonObject) => T>>): T {
  const type = from.string('type');
  if (!Object.hasOwn(kinds, type)) from.fail('type', `one of ${Object.keys(kinds).join(', ')}`);
  return kinds[type]!(from);
}

/**
 * The expression of a `pattern`, {String} or {Regex}. Whatever it is, its matches are found in time linear in the text;
 * what cannot be done so is refused (regex/parse.ts).
 */
export function pattern(parent: JsonObject): Expression {
  const value = parent.get('pattern');
  const literal = isObject(value) ? value.String : undefined;
  const source = typeof literal === 'string' ? escapeLiteral(literal) : isObject(value) && value.Regex;
  if (typeof source !== 'string') return parent.fail('pattern', 'a String or a Regex');
  try {
    return new Expression(source);
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause;
    const shown = source.length > SHOWN ? `${source.slice(0, SHOWN)}...` : source;
    const expected = 'a regular expression that an automaton can run';
    const received = `${JSON.stringify(shown)} (${cause.message})`;
    throw new ModelError(expectation(`${parent.source}: pattern`, expected, received), { cause });
  }
}
