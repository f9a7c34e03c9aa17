/** Normalizers of tokenizer.json: text to text, before it is cut into words. */
import type { JsonObject } from '../json_file.js';
import { bertNormalizer } from './bert_normalizer.js';
import { components, create, pattern } from './component.js';
import { SPACES } from './expressions.js';
import { precompiled } from './precompiled.js';
import { MARKS } from './unicode.js';

export type Normalizer = (text: string) => string;

const START = new RegExp(`^[${SPACES}]+`);
const END = new RegExp(`[${SPACES}]+$`);
const MARK = new RegExp(MARKS, 'gv');

/** One character at a time, as the reference does it: a final sigma gets no form of its own. */
export function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

function unicodeForm(form: string): () => Normalizer {
  return () => (text) => text.normalize(form);
}

function strip(from: JsonObject): Normalizer {
  const left = from.boolean('strip_left', true);
  const right = from.boolean('strip_right', true);
  return (text) => {
    const out = left ? text.replace(START, '') : text;
    return right ? out.replace(END, '') : out;
  };
}

function replace(from: JsonObject): Normalizer {
  const searched = pattern(from);
  const content = from.string('content');
  return (text) => {
    const parts = searched.parts(text);
    return parts.map((part) => (part.match ? content : part.text)).join('');
  };
}

function prepend(from: JsonObject): Normalizer {
  const before = from.string('prepend');
  return (text) => (text === '' ? text : before + text);
}

function sequence(from: JsonObject): Normalizer {
  const all = components(from, 'normalizers').map(createNormalizer);
  return (text) => all.reduce((out, normalizer) => normalizer(out), text);
}

const KINDS: Readonly<Record<string, (from: JsonObject) => Normalizer>> = {
  BertNormalizer: bertNormalizer,
  Lowercase: () => lowerCase,
  NFC: unicodeForm('NFC'),
  NFD: unicodeForm('NFD'),
  NFKC: unicodeForm('NFKC'),
  NFKD: unicodeForm('NFKD'),
  Precompiled: precompiled,
  Prepend: prepend,
  Replace: replace,
  Sequence: sequence,
  Strip: strip,
  StripAccents: () => (text) => text.replace(MARK, ''),
};

export function createNormalizer(from: JsonObject): Normalizer {
  return create(from, KINDS);
}

/** All normalizers in one, itself included. */
export function normalizerParts(from: JsonObject | undefined): JsonObject[] {
  if (from === undefined) return [];
  return [from, ...components(from, 'normalizers').flatMap(normalizerParts)];
}
