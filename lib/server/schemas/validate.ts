/** Bodies against their schemas, and one sentence on what is wrong with one. */
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv';
import { describe, expectation } from '../../errors.js';
import { RequestError } from '../errors.js';
import { libraries } from '../libraries.js';
import { MAX_INPUT_TOKENS, MAX_INPUTS, type Schema } from './schema.js';

/** Gives the defaults of the schema to the body that is checked, and no other value than the one it has. */
export function createValidator(): (schema: Schema) => (body: unknown) => RequestError | undefined {
  let ajv: Ajv | undefined;
  return (schema) => {
    // Code is made of a schema when the first body comes: all of them would be a tenth of the time to start.
    let validate: ValidateFunction | undefined;
    return (body) => {
      ajv ??= new (libraries().ajv)({ useDefaults: true, allowUnionTypes: true, verbose: true });
      validate ??= ajv.compile(schema);
      return validate(body) ? undefined : sentence(validate.errors!);
    };
  };
}

const nameOf = (path: string): string =>
  path
    .slice(1)
    .split('/')
    .map((part, i) => (/^\d+$/.test(part) ? `[${part}]` : i === 0 ? part : `.${part}`))
    .join('') || 'body';

function wrong(path: string, expected: string, received: string, empty = false): RequestError {
  const name = nameOf(path);
  const param = name === 'body' ? null : name.replace(/[.[].*/, '');
  return new RequestError(empty ? 'empty' : 'invalid', expectation(name, expected, received), param);
}

const KINDS = {
  text: 'a text that is not empty',
  id: 'a token id, an integer from 0 on',
  ids: 'token ids, integers from 0 on',
} as const;

const isId = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;

/** Of several alternatives a validator can only say that none fits; the first item tells which one was meant. */
function sentenceOnInputs(path: string, schema: Schema, value: unknown): RequestError {
  const alternatives = JSON.stringify(schema.anyOf);
  const takesText = alternatives.includes('"string"');
  const takesIds = alternatives.includes('"integer"');
  const all = [takesText && 'a text or an array of texts', takesIds && 'token ids or an array of them']
    .filter(Boolean)
    .join(', ');
  if (value === '') return wrong(path, KINDS.text, '""', true);
  if (!Array.isArray(value)) return wrong(path, all, describe(value));
  if (value.length === 0) return wrong(path, all, 'an empty array', true);
  const first: unknown = value[0];
  const flat = takesIds && typeof first === 'number';
  const most = flat ? MAX_INPUT_TOKENS : MAX_INPUTS;
  if (value.length > most) return wrong(path, `at most ${most} of them`, String(value.length));
  const nested = takesIds && (Array.isArray(first) || !takesText);
  const expected = flat ? KINDS.id : nested ? KINDS.ids : KINDS.text;
  const fits = (item: unknown): boolean => {
    if (flat) return isId(item);
    if (!nested) return typeof item === 'string' && item !== '';
    return Array.isArray(item) && item.length > 0 && item.length <= MAX_INPUT_TOKENS && item.every(isId);
  };
  const index = value.findIndex((item) => !fits(item));
  const item: unknown = value[index];
  const empty = item === '' || (Array.isArray(item) && item.length === 0);
  if (nested && Array.isArray(item) && item.length > MAX_INPUT_TOKENS) {
    return wrong(`${path}/${index}`, `at most ${MAX_INPUT_TOKENS} token ids`, String(item.length));
  }
  return wrong(
    `${path}/${index}`,
    expected,
    empty && Array.isArray(item) ? 'an empty array' : describe(item),
    empty,
  );
}

const WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  integer: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  array: 'an array',
  null: 'null',
};

function sentence(errors: readonly ErrorObject[]): RequestError {
  // The last one is the alternatives' where there are any; without `allErrors` else there is one alone.
  const { keyword, instancePath, params, parentSchema, data } = errors.at(-1)!;
  const schema = parentSchema as Schema;
  switch (keyword) {
    case 'anyOf':
      return sentenceOnInputs(instancePath, schema, data);
    case 'required':
      return wrong(`${instancePath}/${params.missingProperty}`, 'a value', 'none');
    case 'additionalProperties': {
      const known = Object.keys(schema.properties ?? {}).join(', ');
      const name = String(params.additionalProperty);
      const error = wrong(instancePath, `no properties but ${known}`, describe(name));
      return new RequestError(error.kind, error.message, name.length > 60 ? null : name);
    }
    case 'type': {
      const types = [schema.type ?? []].flat().map((type) => WORDS[type] ?? type);
      return wrong(instancePath, types.join(' or '), Array.isArray(data) ? 'an array' : describe(data));
    }
    case 'enum':
      return wrong(instancePath, `one of ${schema.enum!.join(', ')}`, describe(data));
    case 'minimum':
      return wrong(instancePath, `at least ${schema.minimum}`, describe(data));
    case 'maximum':
      return wrong(instancePath, `at most ${schema.maximum}`, describe(data));
    case 'minItems':
    case 'minLength':
      return wrong(instancePath, `at least ${params.limit}`, 'none', true);
    case 'maxItems':
      return wrong(instancePath, `at most ${params.limit}`, String((data as unknown[]).length));
    default:
      return wrong(instancePath, `what its schema says (${keyword})`, describe(data));
  }
}
