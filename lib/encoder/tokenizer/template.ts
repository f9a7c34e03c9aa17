/** What post-processors of tokenizer.json put around a text. */
import { describe, expectation, ModelError } from '../../errors.js';
import { isObject, type JsonObject } from '../json_file.js';
import { components, create } from './component.js';
import { checkId } from './vocabulary.js';

export interface Template {
  before: readonly number[];
  after: readonly number[];
}

const NOTHING: Template = { before: [], after: [] };

/** A token under `key`, [content, id]. */
function tokenId(from: JsonObject, key: string): number {
  const value = from.get(key);
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== 'string') {
    return from.fail(key, 'a token and its id');
  }
  return checkId(from, key, value[0], value[1]);
}

function around(from: JsonObject): Template {
  return { before: [tokenId(from, 'cls')], after: [tokenId(from, 'sep')] };
}

function specialIds(from: JsonObject, name: unknown): number[] {
  const special = from.record('special_tokens')[String(name)];
  const ids = isObject(special) ? special.ids : undefined;
  if (!Array.isArray(ids)) from.fail('special_tokens', `ids of ${describe(name)}`, special);
  return ids.map((id) => checkId(from, 'special_tokens', String(name), id));
}

function templateProcessing(from: JsonObject): Template {
  const sides: [number[], number[]] = [[], []];
  let texts = 0;
  for (const part of components(from, 'single')) {
    const { SpecialToken: special, Sequence: sequence } = part.values;
    if (isObject(special)) sides[Math.min(texts, 1)]!.push(...specialIds(from, special.id));
    else if (isObject(sequence)) texts++;
    else
      throw new ModelError(expectation(part.source, 'a SpecialToken or a Sequence', describe(part.values)));
  }
  if (texts !== 1) from.fail('single', 'one Sequence', `${texts} of them`);
  return { before: sides[0], after: sides[1] };
}

function sequence(from: JsonObject): Template {
  return components(from, 'processors')
    .map(createTemplate)
    .reduce(
      (inner, outer) => ({
        before: [...outer.before, ...inner.before],
        after: [...inner.after, ...outer.after],
      }),
      NOTHING,
    );
}

const KINDS: Readonly<Record<string, (from: JsonObject) => Template>> = {
  BertProcessing: around,
  ByteLevel: () => NOTHING,
  RobertaProcessing: around,
  Sequence: sequence,
  TemplateProcessing: templateProcessing,
};

export function createTemplate(from: JsonObject | undefined): Template {
  return from === undefined ? NOTHING : create(from, KINDS);
}
