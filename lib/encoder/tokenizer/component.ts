/** Parts of tokenizer.json: objects that name their `type`. */
import { isObject, JsonObject } from '../json_file.js';
import { compile, escapeRegExp } from './expressions.js';

/** The array of objects under `key`. */
export function components(parent: JsonObject, key: string): JsonObject[] {
  const value = parent.get(key) ?? [];
  if (!Array.isArray(value) || !value.every(isObject)) parent.fail(key, 'an array of objects');
  return value.map((entry, i) => new JsonObject(`${parent.source}: ${key}[${i}]`, entry));
}

/** Makes what the object's `type` names. */
export function create<T>(from: JsonObject, kinds: Readonly<Record<string, (from: JsonObject) => T>>): T {
  const type = from.string('type');
  if (!Object.hasOwn(kinds, type)) from.fail('type', `one of ${Object.keys(kinds).join(', ')}`);
  return kinds[type]!(from);
}

/** The expression of a `pattern`, {String} or {Regex}, with the flag g. */
export function pattern(parent: JsonObject): RegExp {
  const value = parent.get('pattern');
  if (isObject(value) && typeof value.String === 'string')
    return new RegExp(escapeRegExp(value.String), 'gu');
  if (!isObject(value) || typeof value.Regex !== 'string') {
    return parent.fail('pattern', 'a String or a Regex');
  }
  const source = value.Regex;
  return compile(source) ?? parent.fail('pattern', 'a regular expression that JavaScript knows', source);
}
