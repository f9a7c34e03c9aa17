/** What post-processors of tokenizer.json put around a text. */
import { describe, expectation, ModelError } from '../../errors.js';
import { isObject, type JsonObject } from '../directory/json_file.js';
import { components, create } from './component.js';
import { checkId } from './vocabulary.js';

export interface Template {
  before: readonly number[];
  after: readonly number[];
}

/** A part of what has been put together so far: a template makes several, and what follows treats each as a text. */
interface Section {
  before: readonly number[];
  /** Whether the text is in it, between the two. */
  text: boolean;
  after: readonly number[];
}

type Processor = (sections: readonly Section[]) => Section[];

const same: Processor = (sections) => [...sections];

/** A token under `key`, [content, id]. */
function tokenId(from: JsonObject, key: string): number {
  const value = from.get(key);
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== 'string') {
    return from.fail(key, 'a token and its id');
  }
  return checkId(from, key, value[0], value[1]);
}

/** @param again whether `sep` is also put before all sections but the first, which has `cls` there */
function around(again: boolean): (from: JsonObject) => Processor {
  return (from) => {
    const [cls, sep] = [tokenId(from, 'cls'), tokenId(from, 'sep')];
    const before = (i: number): number[] => (i === 0 ? [cls] : again ? [sep] : []);
    return (sections) =>
      sections.map((section, i) => ({
        before: [...before(i), ...section.before],
        text: section.text,
        after: [...section.after, sep],
      }));
  };
}

function specialIds(from: JsonObject, name: unknown): number[] {
  const special = from.record('special_tokens')[String(name)];
  const ids = isObject(special) ? special.ids : undefined;
  if (!Array.isArray(ids)) from.fail('special_tokens', `ids of ${describe(name)}`, special);
  return ids.map((id) => checkId(from, 'special_tokens', String(name), id));
}

function templateProcessing(from: JsonObject): Processor {
  const single = components(from, 'single').map((part) => {
    const { SpecialToken: special, Sequence: sequence } = part.values;
    if (isObject(special)) return { before: specialIds(from, special.id), text: false, after: [] };
    if (isObject(sequence)) return undefined;
    throw new ModelError(expectation(part.source, 'a SpecialToken or a Sequence', describe(part.values)));
  });
  const texts = single.filter((part) => part === undefined).length;
  if (texts !== 1) from.fail('single', 'one Sequence', `${texts} of them`);
  return (sections) => {
    const [section, ...others] = sections;
    if (section === undefined || others.length > 0) {
      return from.fail('type', 'no TemplateProcessing behind another', 'one');
    }
    return single.map((part) => part ?? section);
  };
}

function sequence(from: JsonObject): Processor {
  const all = components(from, 'processors').map((part) => create(part, KINDS));
  return (sections) => all.reduce((made, processor) => processor(made), [...sections]);
}

const KINDS: Readonly<Record<string, (from: JsonObject) => Processor>> = {
  BertProcessing: around(false),
  ByteLevel: () => same,
  RobertaProcessing: around(true),
  Sequence: sequence,
  TemplateProcessing: templateProcessing,
};

export function createTemplate(from: JsonObject | undefined): Template {
  const process = from === undefined ? same : create(from, KINDS);
  const sections = process([{ before: [], text: true, after: [] }]);
  const at = sections.findIndex(({ text }) => text);
  const ids = (all: readonly Section[]): number[] =>
    all.flatMap(({ before, after }) => [...before, ...after]);
  const { before, after } = sections[at]!;
  return {
    before: [...ids(sections.slice(0, at)), ...before],
    after: [...after, ...ids(sections.slice(at + 1))],
  };
}
